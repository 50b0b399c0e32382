// SPDX-License-Identifier: Apache-2.0
// The body type of our Beast parsers: appends to a string. Beast's own string_body reserves
// whatever length a peer announces, sent or not; and a body that is passed on is taken out of the
// string after each step, so that it never holds more than one read. Internal to pkg/http.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/message.hpp>

namespace osbx::http {

struct BytesBody {
  using value_type = std::string;
  static std::uint64_t size(const value_type& body) { return body.size(); }

  class reader {  // NOLINT(readability-identifier-naming): Beast's name for it
   public:
    template <bool is_request, class Fields>
    reader(boost::beast::http::header<is_request, Fields>& /*head*/, value_type& body)
        : body_(body) {}

    void init(  // NOLINT(readability-identifier-naming)
        const boost::optional<std::uint64_t>& announced, boost::system::error_code& ec) {
      ec = {};
      body_.reserve(std::min<std::uint64_t>(announced.value_or(0), kMostReserved));
    }
    template <class Buffers>
    std::size_t put(const Buffers& buffers,  // NOLINT(readability-identifier-naming)
                    boost::system::error_code& ec) {
      ec = {};
      std::size_t size = 0;
      for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
        body_.append(static_cast<const char*>(buffer.data()), buffer.size());
        size += buffer.size();
      }
      return size;
    }
    void finish(boost::system::error_code& ec) {  // NOLINT(readability-identifier-naming)
      ec = {};
    }

   private:
    static constexpr std::uint64_t kMostReserved = 64U << 10;
    value_type& body_;
  };
};

}  // namespace osbx::http
