// SPDX-License-Identifier: Apache-2.0
#include "registry/pending.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "registry/json_access.h"

namespace osbx::registry {
namespace {

store::ObjectPtr MakeObject(const store::Key& key, const store::ObjectPtr& stored, JsonPtr body) {
  auto object = std::make_shared<store::Object>();
  object->key = key;
  object->uid = MetadataString(*body, "uid");
  if (stored != nullptr) {
    object->revision = stored->revision;
    object->created = stored->created;
  }
  object->body = std::move(body);
  return object;
}

}  // namespace

Pending::Entry& Pending::Read(const store::Key& key) {
  const auto [at, added] = entries_.try_emplace(key);
  if (added) at->second.stored = store_.Find(key);
  return at->second;
}

store::ObjectPtr Pending::Find(const store::Key& key) {
  const Entry& entry = Read(key);
  if (entry.removed) return nullptr;
  return entry.pending != nullptr ? entry.pending : entry.stored;
}

Pending::Entry& Pending::Touch(const store::Key& key) {
  Entry& entry = Read(key);
  if (entry.pending == nullptr) order_.push_back(key);
  return entry;
}

void Pending::Put(const store::Key& key, JsonPtr body) {
  Entry& entry = Touch(key);
  entry.pending = MakeObject(key, entry.stored, std::move(body));
  entry.removed = false;
}

void Pending::Remove(const store::Key& key, JsonPtr last) {
  Entry& entry = Touch(key);
  entry.pending = MakeObject(key, entry.stored, std::move(last));
  entry.removed = true;
}

std::vector<store::Write> Pending::Writes() const {
  using Op = store::Write::Op;
  std::vector<store::Write> writes;
  for (const store::Key& key : order_) {
    const Entry& entry = entries_.at(key);
    store::Write write{.key = key, .body = entry.pending->body};
    if (entry.stored != nullptr) {
      write.op = entry.removed ? Op::kDelete : Op::kUpdate;
      write.expected = entry.stored->revision;
    }
    writes.push_back(std::move(write));
  }
  return writes;
}

store::ObjectPtr Pending::Preview(const store::Key& key) const {
  const Entry& entry = entries_.at(key);
  auto object = std::make_shared<store::Object>(*entry.pending);
  object->bytes = std::make_shared<const std::string>(Dump(*object->body));
  return object;
}

}  // namespace osbx::registry
