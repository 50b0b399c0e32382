// SPDX-License-Identifier: Apache-2.0
#include "registry/patch.h"

#include "world.h"

namespace osbx::registry {
namespace {

using fakes::StatusIs;

struct Row {
  const char* name;
  const char* before;
  const char* patch;
  const char* after;  // null: the patch cannot be applied
};

void Check(const Row& row, Result<> (*apply)(Json&, const Json&)) {
  SCOPED_TRACE(row.name);
  const Json before = Json::parse(row.before);
  Json object = before;
  const Result<> result = apply(object, Json::parse(row.patch));
  if (row.after == nullptr) {
    EXPECT_THAT(result, StatusIs(Code::kInvalid));
    EXPECT_EQ(object, before) << "a patch that fails must leave the object alone";
    return;
  }
  ASSERT_TRUE(result.has_value()) << MessageOf(result);
  EXPECT_EQ(object, Json::parse(row.after));
}

TEST(JsonPatch, OperationsOfRfc6902) {
  const Row rows[] = {
      {"add a member", R"({"a":1})", R"([{"op":"add","path":"/b","value":2}])", R"({"a":1,"b":2})"},
      {"add replaces", R"({"a":1})", R"([{"op":"add","path":"/a","value":2}])", R"({"a":2})"},
      {"add null", R"({})", R"([{"op":"add","path":"/a","value":null}])", R"({"a":null})"},
      {"insert", R"({"l":[1,3]})", R"([{"op":"add","path":"/l/1","value":2}])", R"({"l":[1,2,3]})"},
      {"append", R"({"l":[1]})", R"([{"op":"add","path":"/l/-","value":2}])", R"({"l":[1,2]})"},
      {"append by index", R"({"l":[1]})", R"([{"op":"add","path":"/l/1","value":2}])",
       R"({"l":[1,2]})"},
      {"beyond the end", R"({"l":[1]})", R"([{"op":"add","path":"/l/2","value":2}])", nullptr},
      {"leading zero", R"({"l":[1,2]})", R"([{"op":"remove","path":"/l/01"}])", nullptr},
      {"remove", R"({"a":1,"b":2})", R"([{"op":"remove","path":"/a"}])", R"({"b":2})"},
      {"remove an item", R"({"l":[1,2]})", R"([{"op":"remove","path":"/l/0"}])", R"({"l":[2]})"},
      {"remove what is absent", R"({})", R"([{"op":"remove","path":"/a"}])", nullptr},
      {"remove the root", R"({})", R"([{"op":"remove","path":""}])", nullptr},
      {"replace", R"({"a":1})", R"([{"op":"replace","path":"/a","value":2}])", R"({"a":2})"},
      {"replace what is absent adds", R"({})", R"([{"op":"replace","path":"/a","value":2}])",
       R"({"a":2})"},
      {"replace below what is absent", R"({})", R"([{"op":"replace","path":"/a/b","value":2}])",
       nullptr},
      {"replace an item that is absent", R"({"l":[]})",
       R"([{"op":"replace","path":"/l/0","value":2}])", nullptr},
      {"move", R"({"a":1})", R"([{"op":"move","from":"/a","path":"/b"}])", R"({"b":1})"},
      {"move into itself", R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a/b"}])",
       nullptr},
      {"copy", R"({"a":[1]})", R"([{"op":"copy","from":"/a","path":"/b"}])",
       R"({"a":[1],"b":[1]})"},
      {"copy without from", R"({"a":1})", R"([{"op":"copy","path":"/b"}])", nullptr},
      {"test holds", R"({"a":{"b":1}})", R"([{"op":"test","path":"/a","value":{"b":1}}])",
       R"({"a":{"b":1}})"},
      {"test fails", R"({"a":1})", R"([{"op":"test","path":"/a","value":2}])", nullptr},
      {"a later failure undoes all", R"({"a":1})",
       R"([{"op":"remove","path":"/a"},{"op":"test","path":"/b","value":1}])", nullptr},
      {"escapes", R"({"a/b":1,"m~n":2})",
       R"([{"op":"remove","path":"/a~1b"},{"op":"replace","path":"/m~0n","value":3}])",
       R"({"m~n":3})"},
      {"broken escape", R"({"a":1})", R"([{"op":"remove","path":"/a~2"}])", nullptr},
      {"no leading slash", R"({"a":1})", R"([{"op":"remove","path":"a"}])", nullptr},
      {"unknown operation", R"({"a":1})", R"([{"op":"frob","path":"/a"}])", nullptr},
      {"add without value", R"({})", R"([{"op":"add","path":"/a"}])", nullptr},
      {"the root becomes no object", R"({})", R"([{"op":"add","path":"","value":1}])", nullptr},
  };
  for (const Row& row : rows) Check(row, ApplyJsonPatch);
}

TEST(JsonPatch, AnUnusablePatchIs422AndNoArrayIs400) {
  Json object = Json::object();
  const auto unusable = ApplyJsonPatch(object, R"([{"op":"remove","path":"/a"}])"_json_text);
  EXPECT_EQ(MessageOf(unusable), "the server rejected our request due to an error in our request");
  EXPECT_EQ(unusable.error().details()->http_code, 0);
  const auto no_array = ApplyJsonPatch(object, Json::object());
  ASSERT_FALSE(no_array.has_value());
  EXPECT_EQ(no_array.error().details()->http_code, 400);
}

TEST(JsonPatch, CopiesCannotMultiplyAnObject) {
  Json object{{"a", std::string(1000000, 'x')}};
  Json patch = Json::array();
  for (int i = 0; i < 100; ++i) {
    patch.push_back({{"op", "copy"}, {"from", "/a"}, {"path", "/b" + std::to_string(i)}});
  }
  EXPECT_THAT(ApplyJsonPatch(object, patch), StatusIs(Code::kInvalid));
}

TEST(MergePatch, CasesOfRfc7396) {
  const Row rows[] = {
      {"replace", R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {"add", R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {"remove", R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {"lists are replaced", R"({"a":["b"]})", R"({"a":["c","d"]})", R"({"a":["c","d"]})"},
      {"deep", R"({"a":{"b":"c","x":1}})", R"({"a":{"b":"d","c":null}})",
       R"({"a":{"b":"d","x":1}})"},
      {"an object over a scalar", R"({"a":1})", R"({"a":{"b":{"c":null}}})", R"({"a":{"b":{}}})"},
      {"no object", R"({"a":1})", R"([1])", nullptr},
  };
  for (const Row& row : rows) Check(row, ApplyMergePatch);
}

TEST(StrategicPatch, MergesListsByKeyAndObeysDirectives) {
  const Row rows[] = {
      {"merge by key", R"({"conditions":[{"type":"A","status":"1"},{"type":"B"}]})",
       R"({"conditions":[{"type":"A","status":"2"},{"type":"C"}]})",
       R"({"conditions":[{"type":"A","status":"2"},{"type":"B"},{"type":"C"}]})"},
      {"delete an item", R"({"env":[{"name":"A"},{"name":"B"}]})",
       R"({"env":[{"$patch":"delete","name":"A"}]})", R"({"env":[{"name":"B"}]})"},
      {"delete a missing item", R"({"env":[{"name":"B"}]})",
       R"({"env":[{"$patch":"delete","name":"A"}]})", R"({"env":[{"name":"B"}]})"},
      {"replace a list", R"({"env":[{"name":"A"},{"name":"B"}]})",
       R"({"env":[{"$patch":"replace"},{"name":"C"}]})", R"({"env":[{"name":"C"}]})"},
      {"replace an object", R"({"spec":{"a":1,"b":2}})", R"({"spec":{"$patch":"replace","c":3}})",
       R"({"spec":{"c":3}})"},
      {"delete an object", R"({"spec":{"a":1}})", R"({"spec":{"$patch":"delete"}})",
       R"({"spec":{}})"},
      {"retain keys", R"({"s":{"a":1,"b":2}})", R"({"s":{"$retainKeys":["b","c"],"c":3}})",
       R"({"s":{"b":2,"c":3}})"},
      {"finalizers are a set", R"({"metadata":{"finalizers":["a/b"]}})",
       R"({"metadata":{"finalizers":["c/d","a/b"]}})",
       R"({"metadata":{"finalizers":["a/b","c/d"]}})"},
      {"delete from a set", R"({"metadata":{"finalizers":["a/b","c/d"]}})",
       R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["a/b"]}})",
       R"({"metadata":{"finalizers":["c/d"]}})"},
      {"element order is not stored", R"({"env":[{"name":"A"}]})",
       R"({"$setElementOrder/env":[{"name":"A"}],"env":[{"name":"A","value":"1"}]})",
       R"({"env":[{"name":"A","value":"1"}]})"},
      {"other lists are replaced", R"({"l":[1,2]})", R"({"l":[3]})", R"({"l":[3]})"},
      {"null removes", R"({"a":1,"b":2})", R"({"a":null})", R"({"b":2})"},
      {"nothing of a directive is stored in new objects", R"({})",
       R"({"env":[{"name":"A","$patch":"merge","v":{"$retainKeys":["x"],"x":1}}]})",
       R"({"env":[{"name":"A","v":{"x":1}}]})"},
      {"an item without its key", R"({"env":[]})", R"({"env":[{"value":"1"}]})", nullptr},
      {"an unknown directive", R"({"a":{}})", R"({"a":{"$patch":"frob"}})", nullptr},
  };
  for (const Row& row : rows) Check(row, ApplyStrategicPatch);
}

}  // namespace
}  // namespace osbx::registry
