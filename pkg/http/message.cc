// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <algorithm>

#include "http/proxy.h"

namespace osbx::http {

bool SameHeaderName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [&](char x, char y) { return lower(x) == lower(y); });
}

namespace {

const HeaderView* FindHeader(const std::vector<HeaderView>& headers, std::string_view name) {
  for (const HeaderView& header : headers) {
    if (SameHeaderName(header.name, name)) return &header;
  }
  return nullptr;
}

}  // namespace

std::string_view Request::HeaderOf(std::string_view name) const {
  const HeaderView* header = FindHeader(headers, name);
  return header == nullptr ? std::string_view{} : header->value;
}

bool Request::HasHeader(std::string_view name) const {
  return FindHeader(headers, name) != nullptr;
}

Response Response::Text(int status, std::string text, std::string content_type) {
  Response response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::move(text);
  return response;
}

Response Response::Json(int status, std::string text) {
  return Text(status, std::move(text), "application/json");
}

Response Response::Cached(int status, Slice slice, std::string content_type) {
  Response response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.slices.push_back(std::move(slice));
  return response;
}

Response Response::Stream(std::string content_type, std::function<void(StreamPtr)> start,
                          Where run) {
  Response response;
  response.content_type = std::move(content_type);
  response.stream = std::move(start);
  response.run = run;
  return response;
}

Response Response::Upgrade(std::string subprotocol, std::function<void(WebSocketPtr)> start,
                           Where run) {
  Response response;
  response.status = 101;
  response.subprotocol = std::move(subprotocol);
  response.websocket = std::move(start);
  response.run = run;
  return response;
}

Response Response::Proxy(ProxyTarget target) {
  Response response;
  response.proxy = std::make_shared<const ProxyTarget>(std::move(target));
  return response;
}

}  // namespace osbx::http
