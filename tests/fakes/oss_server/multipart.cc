// SPDX-License-Identifier: Apache-2.0
// Multipart uploads. Their whole state is a folder: uploads/<id>/init.json, then one file per part
// and beside it its ETag, so that they survive a restart like everything else.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "base/json.h"
#include "fakes/oss_server/exchange.h"

namespace osbx::fakes {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUploadIdBytes = 16;
constexpr int kMaxPartNumber = 10000;
constexpr std::size_t kCopyBytes = 256UL * 1024;

std::string UploadDirectory(const Exchange& exchange, const std::string& id) {
  return exchange.store.UploadsDirectory(exchange.bucket) + "/" + id;
}

Response NoSuchUpload(const Exchange& exchange) {
  return ErrorResponse(exchange, 404, "NoSuchUpload",
                       "The specified upload does not exist. The upload ID may be invalid.");
}

Json ReadJson(const std::string& path) {
  std::ifstream input(path);
  return Json::parse(input, nullptr, false);
}

bool WriteText(const std::string& path, const std::string& text) {
  std::ofstream output(path, std::ios::trunc);
  output << text;
  output.close();
  return !output.fail();
}

// The folder of the request's upload, or nothing when there is none for this key.
std::optional<std::string> FindUpload(const Exchange& exchange) {
  const std::string id = exchange.head.Parameter("uploadId");
  const bool hex = !id.empty() && id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hex) return std::nullopt;
  std::string directory = UploadDirectory(exchange, id);
  const Json init = ReadJson(directory + "/init.json");
  if (!init.is_object() || UrlDecode(init.value("key", "")) != exchange.key) return std::nullopt;
  return directory;
}

struct Part {
  int number = 0;
  std::string etag;
  std::string path;
  std::uint64_t size_bytes = 0;
};

std::vector<Part> StoredParts(const std::string& directory) {
  std::vector<Part> parts;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(directory, problem)) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(".etag")) continue;
    Part part;
    part.number = std::atoi(name.c_str());
    part.path = directory + "/" + std::to_string(part.number) + ".data";
    std::ifstream(entry.path()) >> part.etag;
    part.size_bytes = fs::file_size(part.path, problem);
    parts.push_back(std::move(part));
  }
  std::sort(parts.begin(), parts.end(),
            [](const Part& a, const Part& b) { return a.number < b.number; });
  return parts;
}

Result<> CopyRange(int fd, ByteRange range, BlobWriter& to) {
  std::vector<char> bytes(kCopyBytes);
  auto offset = static_cast<off_t>(range.first);
  while (range.size > 0) {
    const std::size_t want =
        static_cast<std::size_t>(std::min<std::uint64_t>(range.size, kCopyBytes));
    const ssize_t count = ::pread(fd, bytes.data(), want, offset);
    if (count <= 0) return Error::FromErrno(count < 0 ? errno : EIO, "read object data");
    OSBX_CHECK(to.Write({bytes.data(), static_cast<std::size_t>(count)}));
    offset += count;
    range.size -= static_cast<std::uint64_t>(count);
  }
  return {};
}

std::optional<Response> CopyIntoPart(Exchange& exchange, BlobWriter& part) {
  const auto source = ParseCopySource(exchange);
  if (!source) {
    return ErrorResponse(exchange, 400, "InvalidArgument", "Copy Source must mention a key.");
  }
  if (!exchange.caller.May(Access::kRead, source->bucket, source->key)) {
    return AccessDenied(exchange);
  }
  const auto opened = exchange.store.FindOpen(source->bucket, source->key);
  if (!opened) return NoSuchKey(exchange);
  ByteRange range{0, opened->object.size_bytes, true};
  if (const auto asked =
          ParseRange(exchange.DialectHeader("copy-source-range"), opened->object.size_bytes)) {
    range = *asked;
  }
  if (!range.satisfiable) {
    return ErrorResponse(exchange, 416, "InvalidRange", "The requested range cannot be satisfied.");
  }
  const auto copied = CopyRange(opened->data.Get(), range, part);
  if (!copied.has_value()) return FromError(exchange, copied.error());
  return std::nullopt;
}

Response Complete(Exchange& exchange, const std::string& directory,
                  const std::vector<Part>& parts) {
  const Json init = ReadJson(directory + "/init.json");
  auto blob = exchange.store.NewBlob(exchange.bucket);
  if (!blob.has_value()) return FromError(exchange, blob.error());
  std::string etags;
  for (const Part& part : parts) {
    const UniqueFd fd(::open(part.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return NoSuchUpload(exchange);
    const auto copied = CopyRange(fd.Get(), {0, part.size_bytes, true}, *blob);
    if (!copied.has_value()) return FromError(exchange, copied.error());
    etags += part.etag;
  }
  Object object;
  object.kind = "Multipart";
  object.size_bytes = blob->digest().size_bytes();
  object.crc64 = blob->digest().crc64();
  object.etag = HexEncode(Md5(etags)) + "-" + std::to_string(parts.size());
  for (const auto& [name, value] : init.at("meta").items())
    object.meta[name] = UrlDecode(value.get<std::string>());
  for (const auto& [name, value] : init.at("headers").items()) {
    object.headers[name] = UrlDecode(value.get<std::string>());
  }
  const std::string etag = object.etag;
  const std::uint64_t crc = object.crc64;
  const auto put =
      exchange.store.Put(exchange.bucket, exchange.key, std::move(object), *std::move(blob), {});
  if (!put.has_value()) return FromError(exchange, put.error());
  std::error_code ignored;
  fs::remove_all(directory, ignored);
  Response response =
      XmlResponse("<CompleteMultipartUploadResult><Location></Location><Bucket>" + exchange.bucket +
                  "</Bucket><Key>" + XmlEscape(exchange.key) + "</Key><ETag>" +
                  XmlEscape(Quoted(etag)) + "</ETag></CompleteMultipartUploadResult>");
  response.headers["ETag"] = Quoted(etag);
  response.headers["x-oss-hash-crc64ecma"] = std::to_string(crc);
  return response;
}

std::string WithoutQuotes(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), '"'), text.end());
  return ToLower(text);
}

}  // namespace

Response StartUpload(Exchange& exchange) {
  const std::string id = RandomHex(kUploadIdBytes);
  const std::string directory = UploadDirectory(exchange, id);
  std::error_code problem;
  fs::create_directories(directory, problem);
  Object object;
  TakeMetadata(exchange, object);
  Json init{{"key", UrlEncode(exchange.key, Slash::kKeep)}, {"started", std::time(nullptr)}};
  init["meta"] = Json::object();
  init["headers"] = Json::object();
  for (const auto& [name, value] : object.meta) init["meta"][name] = UrlEncode(value, Slash::kKeep);
  for (const auto& [name, value] : object.headers) {
    init["headers"][name] = UrlEncode(value, Slash::kKeep);
  }
  if (problem || !WriteText(directory + "/init.json", init.dump())) {
    return ErrorResponse(exchange, 500, "InternalError", "cannot store the upload");
  }
  return XmlResponse("<InitiateMultipartUploadResult><Bucket>" + exchange.bucket +
                     "</Bucket><Key>" + XmlEscape(exchange.key) + "</Key><UploadId>" + id +
                     "</UploadId></InitiateMultipartUploadResult>");
}

Response UploadPart(Exchange& exchange) {
  const auto directory = FindUpload(exchange);
  if (!directory) return NoSuchUpload(exchange);
  const int number = std::atoi(exchange.head.Parameter("partNumber").c_str());
  if (number < 1 || number > kMaxPartNumber) {
    return ErrorResponse(exchange, 400, "InvalidArgument", "Part number must be 1 to 10000.");
  }
  const std::string base = *directory + "/" + std::to_string(number);
  const std::string fresh = base + "." + RandomHex(4) + ".new";
  UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return NoSuchUpload(exchange);
  BlobWriter part(fresh, "", std::move(fd));
  const bool copy = HasCopySource(exchange);
  if (auto problem = copy ? CopyIntoPart(exchange, part) : ReceiveBody(exchange, part)) {
    return *std::move(problem);
  }
  const std::string etag = HexEncode(part.digest().Md5Raw());
  if (::rename(fresh.c_str(), (base + ".data").c_str()) != 0) return NoSuchUpload(exchange);
  part.Keep();
  if (!WriteText(base + ".etag", etag)) return NoSuchUpload(exchange);
  Response response;
  if (copy) {
    response =
        XmlResponse("<CopyPartResult><LastModified>" + IsoDate(std::time(nullptr)) +
                    "</LastModified><ETag>" + XmlEscape(Quoted(etag)) + "</ETag></CopyPartResult>");
  }
  response.headers["ETag"] = Quoted(etag);
  response.headers["x-oss-hash-crc64ecma"] = std::to_string(part.digest().crc64());
  return response;
}

Response CompleteUpload(Exchange& exchange) {
  const auto body = exchange.connection.ReadWholeBody(kXmlBodyLimitBytes);
  if (!body.has_value()) return FromError(exchange, body.error());
  const auto directory = FindUpload(exchange);
  if (!directory) return NoSuchUpload(exchange);
  const auto numbers = XmlTexts(*body, "PartNumber");
  const auto etags = XmlTexts(*body, "ETag");
  const std::vector<Part> stored = StoredParts(*directory);
  if (numbers.empty() || numbers.size() != etags.size()) {
    return ErrorResponse(exchange, 400, "MalformedXML",
                         "The XML you provided was not well-formed.");
  }
  std::vector<Part> chosen;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const int number = std::atoi(numbers[i].c_str());
    if (!chosen.empty() && chosen.back().number >= number) {
      return ErrorResponse(exchange, 400, "InvalidPartOrder", "Parts must be in ascending order.");
    }
    const auto found = std::find_if(stored.begin(), stored.end(),
                                    [&](const Part& part) { return part.number == number; });
    if (found == stored.end() || WithoutQuotes(etags[i]) != found->etag) {
      return ErrorResponse(exchange, 400, "InvalidPart", "A part could not be found.");
    }
    chosen.push_back(*found);
  }
  return Complete(exchange, *directory, chosen);
}

Response AbortUpload(Exchange& exchange) {
  const auto directory = FindUpload(exchange);
  if (!directory) return NoSuchUpload(exchange);
  std::error_code ignored;
  fs::remove_all(*directory, ignored);
  Response response;
  response.status = 204;
  return response;
}

Response ListParts(Exchange& exchange) {
  const auto directory = FindUpload(exchange);
  if (!directory) return NoSuchUpload(exchange);
  std::string xml = "<ListPartsResult><Bucket>" + exchange.bucket + "</Bucket><Key>" +
                    XmlEscape(exchange.key) + "</Key><UploadId>" +
                    exchange.head.Parameter("uploadId") +
                    "</UploadId><IsTruncated>false</IsTruncated>";
  for (const Part& part : StoredParts(*directory)) {
    xml += "<Part><PartNumber>" + std::to_string(part.number) + "</PartNumber><ETag>" +
           XmlEscape(Quoted(part.etag)) + "</ETag><Size>" + std::to_string(part.size_bytes) +
           "</Size></Part>";
  }
  return XmlResponse(xml + "</ListPartsResult>");
}

Response ListUploads(Exchange& exchange) {
  const std::string prefix = exchange.head.Parameter("prefix");
  if (!exchange.May(Access::kRead, prefix)) return AccessDenied(exchange);
  std::string xml = "<ListMultipartUploadsResult><Bucket>" + exchange.bucket +
                    "</Bucket><IsTruncated>false</IsTruncated>";
  std::error_code problem;
  const std::string root = exchange.store.UploadsDirectory(exchange.bucket);
  for (const auto& entry : fs::directory_iterator(root, problem)) {
    const Json init = ReadJson(entry.path().string() + "/init.json");
    if (!init.is_object()) continue;
    const std::string key = UrlDecode(init.value("key", ""));
    if (!key.starts_with(prefix)) continue;
    xml += "<Upload><Key>" + XmlEscape(key) + "</Key><UploadId>" +
           entry.path().filename().string() + "</UploadId><Initiated>" +
           IsoDate(init.value("started", std::time_t{0})) + "</Initiated></Upload>";
  }
  return XmlResponse(xml + "</ListMultipartUploadsResult>");
}

}  // namespace osbx::fakes
