// SPDX-License-Identifier: Apache-2.0
// The fake object store: accepts on 127.0.0.1, one thread per connection, and routes requests by
// virtual host or path to the operations. Start() returns when it is listening; the destructor
// closes every connection and joins every thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "fakes/oss_server/auth.h"
#include "fakes/oss_server/exchange.h"
#include "fakes/oss_server/faults.h"
#include "fakes/oss_server/object_store.h"

namespace osbx::fakes {

struct OssServerOptions {
  std::uint16_t port = 0;  // 0: any free one
  std::string data_directory;
  std::string credentials_file;
  std::string region;                // that OSS V4 signatures must name; "": any
  std::string domain;                // requests for x.DOMAIN mean bucket x, for DOMAIN path style
  std::vector<std::string> buckets;  // created at start
};

struct Address {
  std::string bucket;
  std::string key;
  std::string raw_key_path;  // encoded, with the leading slash
  bool path_style = true;
  bool control = false;  // the /-/ endpoints
};

class OssServer {
 public:
  static Result<std::unique_ptr<OssServer>> Start(OssServerOptions options);
  ~OssServer();
  OssServer(const OssServer&) = delete;
  OssServer& operator=(const OssServer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  struct Session {
    int fd = -1;
    std::atomic<bool> done = false;
    std::thread thread;
  };

  explicit OssServer(OssServerOptions options);
  Result<> Listen();
  void AcceptLoop();
  void Serve(UniqueFd socket);
  Response Answer(Connection& connection, const RequestHead& head);
  Response Dispatch(Connection& connection, const RequestHead& head, const Address& address,
                    LoggedRequest& entry);
  Address Resolve(const RequestHead& head) const;
  void ReapSessions();

  const OssServerOptions options_;
  std::unique_ptr<ObjectStore> store_;
  Authenticator authenticator_;
  FaultBoard faults_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;  // guards sessions_
  std::list<Session> sessions_;
  std::thread acceptor_;
};

}  // namespace osbx::fakes
