// SPDX-License-Identifier: Apache-2.0
#include "http/proxy.h"

#include <algorithm>
#include <array>

namespace osbx::http {

namespace {

// RFC 9110 §7.6.1, and what each side of a proxy says about its own connection and message.
constexpr std::array<std::string_view, 12> kOfOneHop = {
    "connection", "keep-alive",    "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te",         "trailer",       "trailers",           "transfer-encoding",   "upgrade",
    "expect",     "content-length"};

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// The names in the Connection headers, in lower case: they are of one hop too.
std::vector<std::string> NamedByConnection(const std::vector<HeaderView>& headers) {
  std::vector<std::string> names;
  for (const HeaderView& header : headers) {
    if (Lower(header.name) != "connection") continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      std::string_view name = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
      while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
      if (!name.empty()) names.push_back(Lower(name));
    }
  }
  return names;
}

bool IsOfOneHop(std::string_view name, const std::vector<std::string>& named) {
  return std::find(kOfOneHop.begin(), kOfOneHop.end(), name) != kOfOneHop.end() ||
         std::find(named.begin(), named.end(), name) != named.end();
}

void Append(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char c : value) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  out += "\r\n";
}

}  // namespace

std::string ForwardedHead(const Request& request, const ProxyTarget& target) {
  std::string out;
  out.reserve(1024);
  out.append(request.method).append(" ").append(target.target).append(" HTTP/1.1\r\n");
  Append(out, "Host", target.host);
  const std::vector<std::string> named = NamedByConnection(request.headers);
  for (const HeaderView& header : request.headers) {
    const std::string name = Lower(header.name);
    const auto replaced = [&name](const Header& own) { return Lower(own.name) == name; };
    if (name == "host" || IsOfOneHop(name, named) || (target.withheld && target.withheld(name)) ||
        std::any_of(target.headers.begin(), target.headers.end(), replaced)) {
      continue;
    }
    Append(out, header.name, header.value);
  }
  for (const Header& header : target.headers) Append(out, header.name, header.value);
  if (request.upgrade) out += "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  return out;
}

std::vector<Header> ReturnedHeaders(const std::vector<HeaderView>& headers,
                                    const ProxyTarget& target, bool upgraded) {
  std::vector<Header> out;
  const std::vector<std::string> named = NamedByConnection(headers);
  for (const HeaderView& header : headers) {
    const std::string name = Lower(header.name);
    if (name == "server") continue;
    if (upgraded && name == "upgrade") {
      out.push_back({"Connection", "Upgrade"});
    } else if (IsOfOneHop(name, named)) {
      continue;
    }
    std::string value(header.value);
    if (name == "location" && value.starts_with('/') && !value.starts_with("//") &&
        !value.starts_with(target.location_prefix + "/")) {
      value.insert(0, target.location_prefix);
    }
    out.push_back({std::string(header.name), std::move(value)});
  }
  return out;
}

}  // namespace osbx::http
