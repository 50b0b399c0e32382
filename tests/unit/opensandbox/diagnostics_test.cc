// SPDX-License-Identifier: Apache-2.0
#include "apiserver/opensandbox/diagnostic_text.h"
#include "unit/opensandbox/dialect_fixture.h"

namespace osbx::apiserver {
namespace {

// A node whose sandboxes have written `lines` lines.
class Lines final : public NodeStreams {
 public:
  Result<> CanLog(const store::Key& /*sandbox*/, const LogOptions& /*options*/) override {
    return {};
  }
  Result<> Logs(const store::Key& /*sandbox*/, const LogOptions& options,
                const LogSink& sink) override {
    asked = options;
    if (broken) return Error(Code::kUnavailable, "no engine");
    if (absent) return Error(Code::kFailedPrecondition, "no container");
    const int wanted = static_cast<int>(options.tail_lines.value_or(lines));
    for (int i = std::max(0, lines - wanted); i < lines; ++i) {
      sink.write("line " + std::to_string(i) + "\xff\n");
    }
    return {};
  }
  Result<int> Exec(const store::Key& /*sandbox*/, const ExecOptions& /*options*/,
                   ExecDuplex& /*duplex*/) override {
    return 0;
  }
  Result<Json> Stats(const store::Key& /*sandbox*/) override { return Json::object(); }
  Result<Json> Doctor(bool /*fix*/) override { return Json::object(); }

  int lines = 0;
  bool absent = false;
  bool broken = false;
  LogOptions asked;
};

class DiagnosticsTest : public DialectTest {
 protected:
  void SetUp() override {
    dialect_options_.streams = &node_;
    DialectTest::SetUp();
    path_ = Create("busybox") + "/diagnostics/";
  }
  void Record(const std::string& time, const std::string& reason) {
    const std::string uid = path_.substr(14, path_.find("/diagnostics") - 14);
    const Json event{{"apiVersion", "v1"},
                     {"kind", "Event"},
                     {"metadata", {{"name", "e" + std::to_string(++events_)}}},
                     {"involvedObject", {{"uid", uid}}},
                     {"type", "Normal"},
                     {"reason", reason},
                     {"message", "it\nhappened"},
                     {"count", 2},
                     {"lastTimestamp", time}};
    const registry::Ref ref{api::FindKindByPlural("events"), "default", ""};
    ASSERT_TRUE(registry_.Create(ref, event, {}).has_value());
  }

  Lines node_;
  std::string path_;
  int events_ = 0;
};

TEST_F(DiagnosticsTest, LogsAreTheLastHundredLinesAsJson) {
  EXPECT_EQ(Ask("GET", path_ + "logs?scope=container").body["content"], "(no logs)");
  node_.lines = 100;
  JsonReply reply = Ask("GET", path_ + "logs?scope=%20Container%20");
  EXPECT_EQ(reply.body["truncated"], false);
  node_.lines = 150;
  reply = Ask("GET", path_ + "logs?scope=all");
  ASSERT_EQ(reply.status, 200) << reply.raw.body;
  const std::string content = reply.body["content"];
  EXPECT_TRUE(content.starts_with("line 50\xEF\xBF\xBD\n")) << content;
  EXPECT_TRUE(content.ends_with("line 149\xEF\xBF\xBD"));
  EXPECT_EQ(reply.body["contentLength"], content.size());
  EXPECT_EQ(reply.body["truncated"], true);
  EXPECT_EQ(reply.body["kind"], "logs");
  EXPECT_EQ(reply.body["delivery"], "inline");
  EXPECT_EQ(reply.body["warnings"].size(), 1U);
  EXPECT_TRUE(node_.asked.timestamps);
  EXPECT_EQ(CodeOf("GET", path_ + "logs?scope=lifecycle"), "400 DIAGNOSTICS_SCOPE_UNSUPPORTED");
  node_.absent = true;
  EXPECT_EQ(Ask("GET", path_ + "logs?scope=container").body["content"], "(no logs)");
  node_.broken = true;
  EXPECT_EQ(CodeOf("GET", path_ + "logs?scope=container"), "500 DOCKER::SANDBOX_QUERY_FAILED");
}

TEST_F(DiagnosticsTest, TheOldTextFormsSayThatTheyAreOld) {
  node_.lines = 7;
  const JsonReply logs = Ask("GET", path_ + "logs?tail=2&since=2h");
  EXPECT_EQ(logs.raw.body, "line 5\xEF\xBF\xBD\nline 6\xEF\xBF\xBD\n");
  EXPECT_EQ(logs.raw.Header("deprecation"), "true");
  EXPECT_EQ(logs.raw.Header("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(node_.asked.since_seconds, 7200);
  Ask("GET", path_ + "logs?since=yesterday");
  EXPECT_EQ(node_.asked.since_seconds, 600);
  EXPECT_EQ(Ask("GET", path_ + "logs?tail=0").status, 422);
  EXPECT_EQ(Ask("GET", path_ + "events").raw.body, "(no events)\n");
  EXPECT_EQ(Ask("GET", path_ + "events?limit=501").status, 422);
  const JsonReply summary = Ask("GET", path_ + "summary?tail=1");
  for (const char* part : {"== Inspect ==", "(no events)", "line 6"}) {
    EXPECT_NE(summary.raw.body.find(part), std::string::npos) << summary.raw.body;
  }
  for (const char* view : {"logs", "events", "inspect", "summary"}) {
    EXPECT_EQ(CodeOf("GET", std::string("/sandboxes/none/diagnostics/") + view),
              "404 DOCKER::SANDBOX_NOT_FOUND");
  }
}

TEST_F(DiagnosticsTest, EventsComeInTheirOrder) {
  Record("2026-01-01T00:00:02Z", "Later");
  Record("2026-01-01T00:00:01Z", "Sooner");
  const JsonReply reply = Ask("GET", path_ + "events?scope=runtime");
  EXPECT_EQ(reply.body["content"],
            "2026-01-01T00:00:01Z  Normal  Sooner  it happened  (x2)\n"
            "2026-01-01T00:00:02Z  Normal  Later  it happened  (x2)");
  EXPECT_EQ(Ask("GET", path_ + "events?limit=1").raw.body,
            "2026-01-01T00:00:01Z  Normal  Sooner  it happened  (x2)\n");
  for (int i = 0; i < 49; ++i) Record("2026-01-01T00:01:00Z", "More");
  EXPECT_EQ(Ask("GET", path_ + "events?scope=all").body["truncated"], true);
}

TEST(DiagnosticText, InspectMasksWhatSpeaksOfSecrets) {
  const Json sandbox{
      {"metadata", {{"uid", "u"}, {"name", "n"}, {"labels", {{"api-token", "t0k"}, {"a", "b"}}}}},
      {"spec",
       {{"image", "busybox"},
        {"env", {{{"name", "DB_PASSWORD"}, {"value", "pa55"}}, {{"name", "A"}, {"value", "1"}}}},
        {"resources", {{"limits", {{"cpu", "1"}}}}}}},
      {"status",
       {{"phase", "Running"},
        {"ip", "10.0.0.2"},
        {"volumes", {{{"name", "v"}, {"state", "Ready"}, {"source", "/x"}}}},
        {"conditions", {{{"type", "Ready"}, {"status", "True"}, {"reason", "Running"}}}}}}};
  const std::string text = opensandbox::InspectText(sandbox);
  for (const char* wanted : {"DB_PASSWORD=***", "api-token=***", "A=1", "a=b", "10.0.0.2",
                             "v: Ready, /x", "Ready=True, Running", R"({"cpu":"1"})"}) {
    EXPECT_NE(text.find(wanted), std::string::npos) << wanted << " in " << text;
  }
  EXPECT_EQ(text.find("pa55"), std::string::npos);
  EXPECT_EQ(text.find("t0k"), std::string::npos);
}

}  // namespace
}  // namespace osbx::apiserver
