// SPDX-License-Identifier: Apache-2.0
#include "execd/ptys.h"

#include <algorithm>

#include "execd/random_id.h"

namespace osbx::execd {

Result<std::string> Ptys::Create(Launch launch) {
  const std::lock_guard lock(mutex_);
  if (ptys_.size() >= kMost) {  // the oldest that has ended makes room
    const auto ended = std::ranges::find_if(ptys_, [](const auto& pty) { return pty->Ended(); });
    if (ended == ptys_.end()) return Error(Code::kExhausted, "too many terminal sessions");
    ptys_.erase(ended);
  }
  const std::string id = NewUuid();
  ptys_.push_back(std::make_shared<Pty>(context_.loop, id, std::move(launch)));
  return id;
}

std::shared_ptr<Pty> Ptys::Find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(ptys_, [&](const auto& pty) { return pty->id() == id; });
  return found == ptys_.end() ? nullptr : *found;
}

bool Ptys::Delete(std::string_view id) {
  const auto pty = Find(id);
  if (!pty) return false;
  {
    const std::lock_guard lock(mutex_);
    ptys_.remove(pty);
  }
  context_.loop.Post([pty] { pty->Delete(); });
  return true;
}

}  // namespace osbx::execd
