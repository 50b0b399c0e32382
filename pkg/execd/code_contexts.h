// SPDX-License-Identifier: Apache-2.0
// Code contexts: sessions of a Jupyter server beside execd (contract/execd.md §5), and at most one
// execution in each at a time. Calls block for as long as the server takes, so they belong to
// threads of their own. Thread-safe; no lock is held while the server is asked.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "execd/http_client.h"
#include "http/stream.h"

namespace osbx::execd {

class CodeContexts {
 public:
  struct Info {
    std::string id;
    std::string language;
  };

  // Without both there is no server, and all but List fails with kFailedPrecondition.
  CodeContexts(std::string host, Secret token);

  // A new kernel for `language` in `cwd` (made if need be; "": the server's). Waits for a server
  // that is about to start.
  Result<std::string> Create(const std::string& language, const std::string& cwd);
  std::vector<Info> List(const std::string& language) const;  // "": all
  std::optional<Info> Find(const std::string& id) const;
  Result<> Delete(const std::string& id);  // kNotFound
  Result<> Interrupt(const std::string& id);

  // One execution under way; the context is busy until it is gone.
  class Claimed;
  using ClaimedPtr = std::unique_ptr<Claimed>;
  // Connects to the kernel of context `id`, or of the language's own context, which is made by its
  // first use. kNotFound, or kConflict when it is busy.
  Result<ClaimedPtr> Claim(std::string id, const std::string& language);

 private:
  struct Entry {
    std::string language;
    std::string kernel;
    bool busy = false;
  };
  Result<ServerUrl> Server() const;
  Result<ClientReply> Ask(const std::string& method, const std::string& path,
                          const std::string& body) const;
  Result<ClientReply> AskWhileItStarts(const std::string& path) const;
  Result<std::string> KernelFor(const std::string& language) const;
  Result<std::string> DefaultOf(const std::string& language);
  std::string Authorization() const;
  void Release(const std::string& id);

  const std::string host_;
  const Secret token_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> defaults_;  // language → id
  std::mutex default_mutex_;                     // one at a time makes a language's own context
};

class CodeContexts::Claimed {
 public:
  Claimed(CodeContexts& contexts, std::string id, ClientSocket socket)
      : contexts_(contexts), id_(std::move(id)), socket_(std::move(socket)) {}
  ~Claimed() { Release(); }
  Claimed(const Claimed&) = delete;
  Claimed& operator=(const Claimed&) = delete;

  const std::string& id() const { return id_; }
  // Executes `code` and sends its events; returns when it has ended. A client that goes away stops
  // nothing.
  void Run(const std::string& code, const http::StreamPtr& stream);

 private:
  void Release();

  CodeContexts& contexts_;
  const std::string id_;
  ClientSocket socket_;
  bool released_ = false;
};

}  // namespace osbx::execd
