// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "event_rows.h"
#include "get_watch.h"
#include "printer.h"
#include "terminal.h"
#include "verbs.h"

namespace osbx::ctl {
namespace {

struct Options {
  std::string about;  // --for
  std::string output;
  std::vector<std::string> types;
  bool all_namespaces = false;
  bool watch = false;
  bool no_headers = false;
};

// The field selector of --for TYPE/NAME; a type that is written in no file of ours is taken as the
// kind it says.
Result<std::string> SelectorOf(const std::string& about, const std::vector<Resource>& all) {
  if (about.empty()) return std::string();
  OSBX_TRY(const std::vector<Target> targets, ParseTargets(all, {about}));
  if (targets.size() != 1 || targets.front().name.empty())
    return Error(Code::kInvalid, "--for: expected TYPE/NAME, got \"" + about + "\"");
  return "involvedObject.kind=" + targets.front().resource.kind +
         ",involvedObject.name=" + targets.front().name;
}

class Lister {
 public:
  Lister(client::RestClient& client, const Options& options, const Printer& printer)
      : client_(client), options_(options), printer_(printer) {}

  Result<int> Run(const Resource& resource, const std::string& ns, const std::string& query) {
    OSBX_TRY(Json list, ListObjects(client_, resource, ns, query));
    std::vector<Json> events = list["items"].get<std::vector<Json>>();
    std::erase_if(events, [this](const Json& event) { return !Wanted(event); });
    SortEvents(events);
    if (events.empty() && printer_.IsTable() && !options_.watch) {
      std::fprintf(stderr, ns.empty() ? "No events found\n" : "No events found in %s namespace.\n",
                   ns.c_str());
      return kOk;
    }
    Print(events);
    if (!options_.watch) return kOk;
    OSBX_CHECK(WatchTypes(client_, ns, "application/json",
                          {{.resource = resource,
                            .query = query,
                            .revision = list.value("/metadata/resourceVersion"_json_pointer, ""),
                            .on_event = [this](std::string_view type, Json& event) {
                              if (type != "DELETED" && Wanted(event)) Print({event});
                            }}}));
    return kOk;
  }

 private:
  bool Wanted(const Json& event) const {
    return options_.types.empty() ||
           std::ranges::any_of(options_.types, [&event](const std::string& type) {
             return type == event.value("type", "");
           });
  }

  void Print(const std::vector<Json>& events) {
    if (printer_.IsTable()) {
      const bool header = !std::exchange(header_printed_, true) && !options_.no_headers;
      const Rows rows = EventRows(
          events, {.with_namespace = options_.all_namespaces, .header = header, .now = Now()});
      std::fputs(
          FormatTable(rows, {.colour = ColourOnOutput(), .header = header, .widths = &widths_})
              .c_str(),
          stdout);
    } else if (options_.watch) {
      for (const Json& event : events) std::fputs(printer_.Print(event, false).c_str(), stdout);
    } else {
      const Json whole{{"apiVersion", "v1"}, {"kind", "List"}, {"items", events}};
      std::fputs(printer_.Print(whole, !options_.no_headers).c_str(), stdout);
    }
    std::fflush(stdout);
  }

  client::RestClient& client_;
  const Options& options_;
  const Printer& printer_;
  std::vector<std::size_t> widths_;
  bool header_printed_ = false;
};

Result<int> Events(Context& context, const Options& options) {
  OSBX_TRY(const Printer printer, Printer::Parse(options.output));
  OSBX_TRY(client::RestClient * client, context.Client());
  OSBX_TRY(const std::vector<Resource> all, Discover(*client));
  OSBX_TRY(const std::string selector, SelectorOf(options.about, all));
  OSBX_TRY(const std::vector<Resource> found, FindResources(all, "events"));
  return Lister(*client, options, printer)
      .Run(found.front(), options.all_namespaces ? "" : context.Namespace(),
           SelectorQuery("", selector));
}

}  // namespace

std::function<int()> DeclareEvents(CLI::App& command, Context& context) {
  auto options = std::make_shared<Options>();
  command.add_option("--for", options->about, "Only events of this object: TYPE/NAME");
  command.add_option("--types", options->types, "Only events of these types: Normal, Warning")
      ->delimiter(',')
      ->check(CLI::IsMember({"Normal", "Warning"}));
  command.add_option("-o,--output", options->output, kOutputHelp);
  command.add_flag("-A,--all-namespaces", options->all_namespaces, "All namespaces");
  command.add_flag("-w,--watch", options->watch, "Go on printing what happens, until Ctrl-C");
  command.add_flag("--no-headers", options->no_headers, "No header line");
  return [options, &context] { return Finish(Events(context, *options)); };
}

}  // namespace osbx::ctl
