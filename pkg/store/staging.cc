// SPDX-License-Identifier: Apache-2.0
#include "store/staging.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace osbx::store {
namespace {

bool HasMetadata(const Json& body) {
  const auto metadata = body.find("metadata");
  return metadata != body.end() && metadata->is_object();
}

// The body must be an object with metadata: Prepare has checked it.
Result<ObjectPtr> Stamp(const Key& key, std::shared_ptr<Json> body, Revision revision,
                        Revision created) {
  Json& metadata = (*body)["metadata"];
  metadata["resourceVersion"] = std::to_string(revision);
  auto object = std::make_shared<Object>();
  object->key = key;
  if (const auto uid = metadata.find("uid"); uid != metadata.end() && uid->is_string()) {
    object->uid = uid->get<std::string>();
  }
  object->revision = revision;
  object->created = created;
  try {
    object->bytes = std::make_shared<const std::string>(body->dump());
  } catch (const Json::exception&) {  // the text may be part of the message: not repeated
    return Error(Code::kInvalid, ToString(key) + ": contains text that is not UTF-8");
  }
  object->body = std::move(body);
  return ObjectPtr(std::move(object));
}

}  // namespace

Result<std::vector<PreparedWrite>> Prepare(std::vector<Write> writes) {
  std::vector<PreparedWrite> prepared;
  prepared.reserve(writes.size());
  for (Write& write : writes) {
    if (!write.body && write.op != Write::Op::kDelete) {
      return Error(Code::kInvalid, ToString(write.key) + ": no object given");
    }
    if (write.body && (!write.body->is_object() || !HasMetadata(*write.body))) {
      return Error(Code::kInvalid, ToString(write.key) + ": not an object with metadata");
    }
    prepared.push_back({.op = write.op,
                        .key = std::move(write.key),
                        .expected = write.expected,
                        .body = write.body ? std::make_shared<Json>(*write.body) : nullptr});
  }
  return prepared;
}

ObjectPtr Staging::Find(const Overlay& own, const Key& key) const {
  if (const auto found = own.find(key); found != own.end()) return found->second;
  if (const auto found = overlay_.find(key); found != overlay_.end()) return found->second;
  return table_.Find(key);
}

Result<EventPtr> Staging::Stage(const Overlay& own, const PreparedWrite& write,
                                Revision revision) const {
  ObjectPtr present = Find(own, write.key);
  auto event = std::make_shared<Event>();
  event->revision = revision;
  if (write.op == Write::Op::kCreate) {
    if (present) return Error(Code::kAlreadyExists, ToString(write.key) + " already exists");
    OSBX_TRY(event->object, Stamp(write.key, write.body, revision, revision));
    return EventPtr(std::move(event));
  }
  if (!present) return Error(Code::kNotFound, ToString(write.key) + " does not exist");
  if (write.expected && *write.expected != present->revision) {
    return Error(Code::kConflict, ToString(write.key) + " is at revision " +
                                      std::to_string(present->revision) + ", not " +
                                      std::to_string(*write.expected));
  }
  event->type = write.op == Write::Op::kDelete ? EventType::kDeleted : EventType::kModified;
  std::shared_ptr<Json> body = write.body ? write.body : std::make_shared<Json>(*present->body);
  OSBX_TRY(event->object, Stamp(write.key, std::move(body), revision, present->created));
  event->previous = std::move(present);
  return EventPtr(std::move(event));
}

Result<std::vector<ObjectPtr>> Staging::Add(const std::vector<PreparedWrite>& writes) {
  Overlay own;
  std::vector<EventPtr> events;
  std::vector<ObjectPtr> objects;
  Revision revision = revision_;
  for (const PreparedWrite& write : writes) {
    OSBX_TRY(EventPtr event, Stage(own, write, ++revision));
    own[write.key] = event->type == EventType::kDeleted ? nullptr : event->object;
    objects.push_back(event->object);
    events.push_back(std::move(event));
  }
  for (auto& [key, object] : own) overlay_[key] = std::move(object);
  events_.insert(events_.end(), events.begin(), events.end());
  revision_ = revision;
  return objects;
}

}  // namespace osbx::store
