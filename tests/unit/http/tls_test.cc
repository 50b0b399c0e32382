// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "fakes/matchers.h"
#include "fakes/temp_dir.h"
#include "unit/http/server_fixture.h"

namespace osbx::http {
namespace {

void WriteSelfSigned(const std::string& cert_file, const std::string& key_file) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
  X509_set_pubkey(cert.get(), key.get());
  X509_sign(cert.get(), key.get(), EVP_sha256());
  FILE* file = std::fopen(cert_file.c_str(), "w");
  PEM_write_X509(file, cert.get());
  std::fclose(file);
  file = std::fopen(key_file.c_str(), "w");
  PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
}

class TlsTest : public ServerTest {
 protected:
  TlsTest() {
    options_.listeners[0].cert_file = dir_ / "cert.pem";
    options_.listeners[0].key_file = dir_ / "key.pem";
    WriteSelfSigned(options_.listeners[0].cert_file, options_.listeners[0].key_file);
    Route("GET", "/stream", [](const Request& request) {
      const bool tls = request.tls;
      return Response::Stream("text/plain", [tls](StreamPtr stream) {
        stream->Write(tls ? "over TLS" : "plain");
        stream->Close();
      });
    });
    Route("GET", "/ws", [](const Request&) {
      return Response::Upgrade("", [](WebSocketPtr socket) {
        if (auto message = socket->Receive()) socket->Send(std::move(*message));
      });
    });
  }
  wire::WireClient ConnectTls() { return wire::WireClient(server_->Port(), true); }

  fakes::TempDir dir_;
};

TEST_F(TlsTest, ServesRequestsStreamsAndWebSockets) {
  Start();
  auto client = ConnectTls();
  EXPECT_EQ(client.Call("GET", "/hello")->body, "hello");
  EXPECT_EQ(client.Call("GET", "/stream")->body, "over TLS");
  EXPECT_EQ(client.Call("POST", "/echo", "", std::string(500'000, 'x'))->body.size(), 500'000U);
  EXPECT_EQ(client.UpgradeTo("/ws")->status, 101);
  client.SendFrame(2, "x");
  EXPECT_EQ(client.ReadFrame()->payload, "x");
}

TEST_F(TlsTest, APlainClientGetsNoAnswerAndDoesNotStopOthers) {
  Start();
  auto plain = Connect();
  plain.SendRequest("GET", "/hello");
  const auto reply = plain.ReadReply();
  EXPECT_FALSE(reply.has_value());
  EXPECT_EQ(ConnectTls().Call("GET", "/hello")->status, 200);
}

TEST_F(TlsTest, AMissingKeyFileIsNamed) {
  options_.listeners[0].key_file = dir_ / "absent.pem";
  Server server(options_, Router());
  const auto started = server.Start();
  EXPECT_THAT(started, fakes::StatusIs(Code::kInvalid));
  EXPECT_NE(started.error().message().find("absent.pem"), std::string::npos);
}

}  // namespace
}  // namespace osbx::http
