// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <mutex>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/unique_fd.h"

namespace osbx::log {
namespace {

spdlog::level::level_enum LevelOf(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Appends each line with one write, so that nothing is lost or torn when the file is renamed.
class FileSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FileSink(std::string path) : path_(std::move(path)) {}

  Result<> Open() {
    UniqueFd fd(open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kFileMode));
    if (!fd) return Error::FromErrno(errno, "open " + path_);
    const std::lock_guard lock(mutex_);
    fd_ = std::move(fd);
    return {};
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    std::string_view rest(text.data(), text.size());
    while (!rest.empty()) {
      const ssize_t written = write(fd_.Get(), rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;  // a full disk: the line is lost, the daemon goes on
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void flush_() override {}

 private:
  static constexpr mode_t kFileMode = 0640;
  const std::string path_;
  UniqueFd fd_;
};

// The logger and its file are the one global of the project (style.md §9).
struct State {
  std::shared_ptr<spdlog::logger> logger;
  std::shared_ptr<FileSink> file;  // null: standard error
};

std::shared_ptr<spdlog::logger> MakeLogger(Level lowest, spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("osbx", std::move(sink));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  logger->set_level(LevelOf(lowest));
  logger->flush_on(spdlog::level::info);
  return logger;
}

State& TheState() {
  static State state{MakeLogger(Level::kInfo, std::make_shared<spdlog::sinks::stderr_sink_mt>()),
                     nullptr};
  return state;
}

spdlog::logger& Logger() {
  return *TheState().logger;
}

}  // namespace

Result<> Configure(Level lowest, const std::string& file) {
  State& state = TheState();
  if (file.empty()) {
    state = {MakeLogger(lowest, std::make_shared<spdlog::sinks::stderr_sink_mt>()), nullptr};
    return {};
  }
  auto sink = std::make_shared<FileSink>(file);
  OSBX_CHECK(sink->Open());
  state = {MakeLogger(lowest, sink), sink};
  return {};
}

Result<> Reopen() {
  const State& state = TheState();
  if (state.file == nullptr) return {};
  return state.file->Open();
}

bool Enabled(Level level) {
  return Logger().should_log(LevelOf(level));
}

void Write(Level level, std::string_view message, Fields fields) {
  if (!Enabled(level)) return;
  std::string line;
  AppendEvent(line, message, fields);
  Logger().log(LevelOf(level), "{}", line);
}

}  // namespace osbx::log
