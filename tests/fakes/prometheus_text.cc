// SPDX-License-Identifier: Apache-2.0
#include "fakes/prometheus_text.h"

#include <regex>
#include <set>
#include <sstream>

namespace osbx::fakes {
namespace {

const std::regex kHelp(R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S.*))");
const std::regex kType(R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram))");
const std::string kLabel = R"re([a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\["\\n])*")re";
const std::regex kRow("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{" + kLabel + "(?:," + kLabel +
                      R"re()*\})? ([-+]?[0-9.]+(?:e[-+]?[0-9]+)?|[+-]Inf|NaN))re");
const std::regex kBound(R"re(,?le="([^"]*)")re");

std::string WithoutSuffix(const std::string& name) {
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  }
  return name;
}

class Reader {
 public:
  void Line(const std::string& line) {
    std::smatch match;
    if (std::regex_match(line, match, kHelp)) {
      family_ = match[1];
      if (!helped_.insert(family_).second) Fault("second HELP: " + line);
    } else if (std::regex_match(line, match, kType)) {
      if (match[1] != family_) Fault("TYPE without its HELP: " + line);
      if (!out_.types.emplace(match[1], match[2]).second) Fault("second TYPE: " + line);
    } else if (std::regex_match(line, match, kRow)) {
      Row(match[1], match[2], std::stod(match[3]), line);
    } else {
      Fault("not of the format: " + line);
    }
  }

  Scrape Take() && {
    for (const auto& [series, total] : totals_) {
      if (last_bound_[series] != "+Inf") Fault("no +Inf bucket: " + series);
      if (last_count_[series] != total) Fault("_count is not the +Inf bucket: " + series);
    }
    return std::move(out_);
  }

 private:
  void Fault(const std::string& text) { out_.faults.push_back(text); }

  void Row(const std::string& name, const std::string& labels, double value,
           const std::string& line) {
    const auto type = out_.types.find(family_);
    const bool histogram = type != out_.types.end() && type->second == "histogram";
    if (type == out_.types.end() || (histogram ? WithoutSuffix(name) : name) != family_) {
      Fault("row outside its family: " + line);
      return;
    }
    if (!out_.rows.emplace(name + labels, value).second) Fault("row twice: " + line);
    if (type->second == "counter" && value < 0) Fault("counter below zero: " + line);
    if (!histogram) return;
    if (name.ends_with("_bucket")) Bucket(labels, value, line);
    if (name.ends_with("_count")) totals_[family_ + labels] = value;
  }

  void Bucket(const std::string& labels, double value, const std::string& line) {
    std::smatch bound;
    if (!std::regex_search(labels, bound, kBound)) {
      Fault("bucket without le: " + line);
      return;
    }
    std::string series = std::regex_replace(labels, kBound, "");
    if (series == "{}") series.clear();
    series = family_ + series;
    if (value < last_count_[series]) Fault("buckets are not cumulative: " + line);
    last_count_[series] = value;
    last_bound_[series] = bound[1];
  }

  Scrape out_;
  std::string family_;
  std::set<std::string> helped_;
  std::map<std::string, double> totals_;
  std::map<std::string, double> last_count_;
  std::map<std::string, std::string> last_bound_;
};

}  // namespace

Scrape ParsePrometheusText(std::string_view text) {
  Reader reader;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) reader.Line(line);
  return std::move(reader).Take();
}

}  // namespace osbx::fakes
