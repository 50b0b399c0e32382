// SPDX-License-Identifier: Apache-2.0
// Logs, exec and events.
#include <mutex>
#include <thread>

#include <gmock/gmock.h>

#include "conformance/docker/target.h"
#include "drivers/docker/events.h"
#include "fakes/eventually.h"

namespace osbx::docker {
namespace {

using fakes::Eventually;
using fakes::IsOk;
using fakes::StatusIs;
using std::chrono::seconds;
using ::testing::AnyOf;
using ::testing::ElementsAre;

struct Texts {
  std::string out;
  std::string err;
  LogSink Sink() {
    return [this](OutputStream stream, std::string_view bytes) {
      (stream == OutputStream::kStderr ? err : out) += bytes;
      return true;
    };
  }
};

TEST_P(DockerSuite, LogsAreSplitIntoTheirStreams) {
  const std::string id = CreateAndStart(Spec("a", Shell("echo one; echo two >&2; echo three")));
  ASSERT_THAT(client_->WaitContainer(id), IsOk());
  Texts all;
  ASSERT_THAT(client_->ContainerLogs(id, {}, all.Sink()), IsOk());
  EXPECT_EQ(all.out, "one\nthree\n");
  EXPECT_EQ(all.err, "two\n");
  Texts last;
  ASSERT_THAT(client_->ContainerLogs(id, {.tail = 1}, last.Sink()), IsOk());
  // The engine copies each output by itself: either may have the last line.
  EXPECT_THAT(last.out + last.err, AnyOf("two\n", "three\n"));
  Texts none;
  ASSERT_THAT(client_->ContainerLogs(id, {.tail = 0}, none.Sink()), IsOk());
  EXPECT_EQ(none.out + none.err, "");
  Texts stamped;
  ASSERT_THAT(client_->ContainerLogs(id, {.tail = 1, .timestamps = true}, stamped.Sink()), IsOk());
  EXPECT_THAT(stamped.out + stamped.err, ::testing::MatchesRegex("20.*T.*Z (two|three)\n"));
  Texts later;
  const LogOptions since{.since = std::chrono::system_clock::now() + seconds(3600)};
  ASSERT_THAT(client_->ContainerLogs(id, since, later.Sink()), IsOk());
  EXPECT_EQ(later.out + later.err, "");
}

TEST_P(DockerSuite, ATerminalsLogsAreOneStream) {
  ContainerSpec spec = Spec("a", Shell("echo one; echo two >&2"));
  spec.tty = true;
  const std::string id = CreateAndStart(spec);
  ASSERT_THAT(client_->WaitContainer(id), IsOk());
  Texts all;
  ASSERT_THAT(client_->ContainerLogs(id, {.tty = true}, all.Sink()), IsOk());
  EXPECT_NE(all.out.find("two"), std::string::npos);
  EXPECT_EQ(all.err, "");
}

TEST_P(DockerSuite, FollowingLogsEndsWithTheContainerTheSinkOrAStop) {
  const std::string id = CreateAndStart(Spec("a", Shell("echo ready; sleep 100000")));
  int calls = 0;
  const LogSink once = [&calls](OutputStream, std::string_view) { return ++calls == 0; };
  EXPECT_THAT(client_->ContainerLogs(id, {.follow = true}, once), IsOk());
  EXPECT_EQ(calls, 1);

  std::stop_source stop;
  const LogSink stopper = [&stop](OutputStream, std::string_view) { return stop.request_stop(); };
  EXPECT_THAT(client_->ContainerLogs(id, {.follow = true}, stopper, {.stop = stop.get_token()}),
              StatusIs(Code::kCancelled));

  const LogSink killer = [&](OutputStream, std::string_view) {
    EXPECT_THAT(client_->KillContainer(id), IsOk());
    return true;
  };
  EXPECT_THAT(client_->ContainerLogs(id, {.follow = true}, killer), IsOk());
}

TEST_P(DockerSuite, AStreamsOwnTimeOutIsNoSignOfASickEngine) {
  const std::string id = CreateAndStart(Spec("a", Forever()));
  const Call call{.timeout = std::chrono::milliseconds(50)};
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(client_->WaitContainer(id, call), StatusIs(Code::kDeadlineExceeded));
  }
  EXPECT_EQ(client_->State(), BreakerState::kClosed);
}

// Reads to the end.
Texts Drain(ExecStream& stream) {
  Texts texts;
  for (;;) {
    const auto frame = stream.Read(seconds(30));
    EXPECT_THAT(frame, IsOk());
    if (!frame || !*frame) return texts;
    ((*frame)->stream == OutputStream::kStderr ? texts.err : texts.out) += (*frame)->bytes;
  }
}

TEST_P(DockerSuite, ExecSeparatesItsOutputsAndTellsItsExitCode) {
  const std::string container = CreateAndStart(Spec("a", Forever()));
  const auto id = client_->CreateExec(container, {.argv = Shell("echo out; echo err >&2; exit 7")});
  ASSERT_THAT(id, IsOk());
  auto stream = client_->StartExec(*id, false);
  ASSERT_THAT(stream, IsOk());
  const Texts texts = Drain(*stream);
  EXPECT_EQ(texts.out, "out\n");
  EXPECT_EQ(texts.err, "err\n");
  Result<ExecInfo> info = client_->InspectExec(*id);
  EXPECT_TRUE(Eventually([&] { return (info = client_->InspectExec(*id)) && !info->running; }));
  EXPECT_EQ(info->exit_code, 7);
  EXPECT_EQ(info->container_id, container);
}

TEST_P(DockerSuite, ExecReadsItsInputToItsEnd) {
  const std::string container = CreateAndStart(Spec("a", Forever()));
  const auto id = client_->CreateExec(container, {.argv = {"cat"}, .attach_stdin = true});
  ASSERT_THAT(id, IsOk());
  auto stream = client_->StartExec(*id, false);
  ASSERT_THAT(stream, IsOk());
  ASSERT_THAT(stream->Write("hello\n", seconds(30)), IsOk());
  const auto echo = stream->Read(seconds(30));
  ASSERT_THAT(echo, IsOk());
  ASSERT_TRUE(*echo);
  EXPECT_EQ((*echo)->bytes, "hello\n");
  // Nothing more until it is told something: and a time-out leaves the stream as it was.
  EXPECT_THAT(stream->Read(std::chrono::milliseconds(20)), StatusIs(Code::kDeadlineExceeded));
  ASSERT_THAT(stream->Write("bye\n", seconds(30)), IsOk());
  ASSERT_THAT(stream->CloseStdin(), IsOk());
  EXPECT_EQ(Drain(*stream).out, "bye\n");
}

TEST_P(DockerSuite, ExecOnATerminalIsResizable) {
  const std::string container = CreateAndStart(Spec("a", Forever()));
  const auto id = client_->CreateExec(
      container, {.argv = {"sleep", "1000"}, .tty = true, .attach_stdin = true});
  ASSERT_THAT(id, IsOk());
  auto stream = client_->StartExec(*id, true);
  ASSERT_THAT(stream, IsOk());
  EXPECT_TRUE(Eventually([&] { return client_->ResizeExec(*id, 40, 120).has_value(); }));
  const auto info = client_->InspectExec(*id);
  ASSERT_THAT(info, IsOk());
  EXPECT_TRUE(info->running);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(stream->Read(seconds(30), stop.get_token()), StatusIs(Code::kCancelled));
}

TEST_P(DockerSuite, AnExecWithoutACommandIsInvalid) {
  const std::string container = CreateAndStart(Spec("a", Forever()));
  EXPECT_THAT(client_->CreateExec(container, {}), StatusIs(Code::kInvalid));
}

// Collects what an event stream says; stops it at the end.
class Listener {
 public:
  Listener(Client& client, Filters filters)
      : stream_(client, Options(std::move(filters)), RealClock()) {
    thread_ = std::jthread([this](std::stop_token stop) {
      stream_.Run(stop, {.on_relist =
                             [this] {
                               Note("relist");
                               return Result<>();
                             },
                         .on_event = [this](const Event& event) { Take(event); },
                         .on_down = {}});
    });
  }
  std::vector<std::string> Seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  std::vector<Event> Events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  static EventStreamOptions Options(Filters filters) {
    EventStreamOptions options;
    options.filters = std::move(filters);
    return options;
  }
  void Note(std::string what) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(std::move(what));
  }
  void Take(const Event& event) {
    Note(event.action);
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
  }

  EventStream stream_;
  std::mutex mutex_;
  std::vector<std::string> seen_;
  std::vector<Event> events_;
  std::jthread thread_;
};

TEST_P(DockerSuite, EventsTellAContainersLifeInOrder) {
  Listener listener(*client_,
                    {{"type", {"container"}}, {"label", {std::string(kRunLabel) + "=" + run_}}});
  ASSERT_TRUE(Eventually([&] { return !listener.Seen().empty(); }));
  const std::string id = CreateAndStart(Spec("a", Forever()));
  ASSERT_THAT(client_->PauseContainer(id), IsOk());
  ASSERT_THAT(client_->UnpauseContainer(id), IsOk());
  ASSERT_THAT(client_->RenameContainer(id, Name("b")), IsOk());
  ASSERT_THAT(client_->UpdateContainer(id, {.pids_limit = 99}), IsOk());
  ASSERT_THAT(client_->StopContainer(id, seconds(0)), IsOk());
  ASSERT_THAT(client_->RemoveContainer(id), IsOk());
  ASSERT_TRUE(Eventually([&] { return listener.Seen().back() == "destroy"; }));
  // The engine tells of its own SIGKILL after sending it: the death may be told first.
  EXPECT_THAT(listener.Seen(),
              AnyOf(ElementsAre("relist", "create", "start", "pause", "unpause", "rename", "update",
                                "kill", "kill", "die", "stop", "destroy"),
                    ElementsAre("relist", "create", "start", "pause", "unpause", "rename", "update",
                                "kill", "die", "kill", "stop", "destroy")));
  for (const Event& event : listener.Events()) {
    EXPECT_EQ(event.type, "container");
    EXPECT_EQ(event.id, id);
    EXPECT_EQ(event.attributes.at(kRunLabel), run_);
    EXPECT_GT(event.time_nano, 0);
    if (event.action == "die") {
      EXPECT_EQ(event.exit_code, 137);
    } else {
      EXPECT_FALSE(event.exit_code) << event.action;
    }
  }
}

TEST_P(DockerSuite, ALateReaderIsToldOfThePast) {
  const std::int64_t before =
      std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  Create(Spec("a", Forever()));
  std::vector<std::string> seen;
  std::stop_source stop;
  const Client::EventQuery query{{{"label", {std::string(kRunLabel) + "=" + run_}}}, before};
  const Error end = client_->StreamEvents(
      query, {.timeout = seconds(30), .stop = stop.get_token()}, [] {},
      [&](const Event& event) {
        seen.push_back(event.action);
        stop.request_stop();
      });
  EXPECT_EQ(end.code(), Code::kCancelled);
  EXPECT_THAT(seen, ElementsAre("create"));
}

}  // namespace
}  // namespace osbx::docker
