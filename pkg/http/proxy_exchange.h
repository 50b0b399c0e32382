// SPDX-License-Identifier: Apache-2.0
// One request on its way through the proxy: the backend's side of it, and the passing on of bytes
// both ways. It knows the client only as ProxyClient, so that it is compiled once and not per
// transport. Two coroutines: Run brings the answer, Upload takes the body and then watches whether
// the client is still there. Internal to pkg/http. Io thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include "http/core.h"
#include "http/proxy.h"
#include "http/request_body.h"

namespace osbx::http {

// How a message says where its body ends.
struct Framing {
  enum class Kind { kNone, kLength, kChunked, kUntilClose } kind = Kind::kNone;
  std::uint64_t length = 0;
};

// The head of an answer. With kNone and a length, the length is told though no body follows (HEAD).
struct ProxyHead {
  int status = 200;
  std::vector<Header> headers;
  Framing framing;
};

// What has come from the client.
struct ClientBytes {
  enum class Kind { kData, kEnd, kLost, kMalformed, kTooLarge } kind = Kind::kLost;
  std::string bytes;
};

// The session of the client, as the exchange sees it. One coroutine reads, another sends.
class ProxyClient : public Session {
 public:
  // "100 Continue" if the client waits for it; before the first ReadBody.
  virtual Task<bool> AskForBody() = 0;
  // The next bytes of the request's body.
  virtual Task<ClientBytes> ReadBody() = 0;
  // The next bytes of a tunnel.
  virtual Task<ClientBytes> ReadTunnel() = 0;
  // Reads on, keeping what belongs to a next request, until the client has closed its side (kEnd:
  // it may still be reading) or is gone (kLost), or StopReading.
  virtual Task<ClientBytes> WaitForEnd() = 0;
  // Whatever is being read comes back soon; nothing is read from then on.
  virtual void StopReading() = 0;
  // It has closed its side: how long an answer without progress is still of interest to it.
  virtual void ExpectProgress() = 0;

  // Makes the head ready; it goes out with the next Send. Returns how the body is to be framed.
  virtual Framing::Kind PutHead(ProxyHead head) = 0;
  virtual bool HeadWaits() const = 0;
  virtual Task<bool> Send(std::vector<asio::const_buffer> buffers) = 0;
};

class ProxyExchange final : public std::enable_shared_from_this<ProxyExchange> {
 public:
  struct Ask {
    const Request* request = nullptr;  // outlives the exchange
    Framing body;
    std::shared_ptr<const ProxyTarget> target;
  };
  ProxyExchange(Core& core, ProxyClient& client, Ask ask);

  struct Outcome {
    std::optional<ProxyFault> fault;  // nothing was sent to the client
    std::string why;
    bool whole = false;  // otherwise: all of the answer was
  };
  // `owner` keeps the client alive.
  static Task<Outcome> Run(std::shared_ptr<ProxyExchange> self, std::shared_ptr<void> owner);

  void Cancel();       // drops the backend; Run ends soon
  void BackendLate();  // its deadline has passed
  void Drain();        // the server is stopping: what has no end of its own ends now

 private:
  using Clock = std::chrono::steady_clock;
  using Parser = boost::beast::http::response_parser<BytesBody>;
  enum class Got { kHead, kStale, kFault };

  Task<bool> Connect(bool fresh);
  Task<bool> AwaitConnection();
  Task<Got> Attempt(bool fresh);
  Task<Got> ReadHead();
  Task<Got> ReadFinalHead();
  Task<bool> ReadBackend();
  Task<bool> WriteBackend(std::vector<asio::const_buffer> buffers);
  Task<bool> Answer();
  Task<bool> RelayLength(std::uint64_t remaining);
  Task<bool> RelayChunks(Framing::Kind out);
  Task<bool> RelayToEnd(Framing::Kind out);
  Task<bool> SendText(std::string text);
  Task<void> Tunnel();

  static Task<void> Upload(std::shared_ptr<ProxyExchange> self, std::shared_ptr<void> owner);
  Task<void> PumpBody();
  Task<void> PumpTunnel();
  Task<void> WatchClient();
  void StartUpload();
  Task<void> StopUpload();

  std::optional<Framing> FramingOf(const Parser::value_type& head) const;
  Got Fail(ProxyFault fault, std::string why);
  void CloseBackend();
  void KeepBackend();
  bool MayUseKept() const;
  void ExpectBackend();

  Core& core_;
  ProxyClient& client_;
  const Ask ask_;
  std::optional<Socket> backend_;
  std::optional<Parser> parser_;
  boost::beast::flat_buffer in_;  // from the backend
  boost::system::error_code in_error_;
  std::size_t read_size_ = 4U << 10;
  Event upload_done_;
  std::shared_ptr<void> owner_;  // while Run runs
  Outcome outcome_;
  bool reused_ = false;
  bool uploading_ = false;  // Upload runs
  bool body_sent_ = false;  // all of it
  bool over_ = false;       // the answer is complete, or given up
  bool cancelled_ = false;
  bool late_ = false;
  bool endless_ = false;  // a tunnel, or an answer of unknown length, is under way
  bool tunnel_ = false;
  bool client_ended_ = false;  // it has closed its side
  bool client_lost_ = false;
  bool malformed_ = false;  // its body is
};

}  // namespace osbx::http
