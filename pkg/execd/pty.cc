// SPDX-License-Identifier: Apache-2.0
#include "execd/pty.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "execd/terminal.h"

namespace osbx::execd {
namespace {

constexpr std::size_t kReadAtOnce = 32U << 10;  // also the largest frame (contract/execd.md §8)
constexpr int kReadsAtEnd = 32;                 // a pipe or a terminal holds less
constexpr std::uint16_t kNormal = 1000;
constexpr std::uint16_t kTakenOver = 4001;

// A child that has only just been forked does not lead its group yet.
void SendSignal(pid_t group, int signal) {
  if (kill(-group, signal) != 0 && errno == ESRCH) kill(group, signal);
}

}  // namespace

Pty::Pty(EventLoop& loop, std::string id, Launch launch)
    : loop_(loop), id_(std::move(id)), launch_(std::move(launch)) {}

PtyClientPtr Pty::Claim(bool takeover) {
  auto client = std::make_shared<PtyClient>();
  client->takeover = takeover;
  const std::lock_guard lock(claim_mutex_);
  const bool held = !holder_.expired();
  if (held && !takeover) return nullptr;
  if (!held) holder_ = client;
  return client;
}

Result<Pty::ChildEnds> Pty::UseTerminal() {
  OSBX_TRY(Terminal terminal, OpenTerminal());
  stdin_.Reset(fcntl(terminal.master.Get(), F_DUPFD_CLOEXEC, 0));
  if (!stdin_) return Error::FromErrno(errno, "dup");
  outputs_.push_back(std::make_shared<Output>(Output{.fd = std::move(terminal.master)}));
  return ChildEnds{.in = std::move(terminal.slave)};
}

Result<Pty::ChildEnds> Pty::UsePipes() {
  ChildEnds ends;
  std::array<int, 2> pipe{-1, -1};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) return Error::FromErrno(errno, "pipe");
  ends.in.Reset(pipe[0]);
  stdin_.Reset(pipe[1]);
  fcntl(stdin_.Get(), F_SETFL, O_NONBLOCK);
  for (UniqueFd* end : {&ends.out, &ends.err}) {
    if (pipe2(pipe.data(), O_CLOEXEC) != 0) return Error::FromErrno(errno, "pipe");
    end->Reset(pipe[1]);
    fcntl(pipe[0], F_SETFL, O_NONBLOCK);
    outputs_.push_back(
        std::make_shared<Output>(Output{.fd = UniqueFd(pipe[0]), .is_stderr = end == &ends.err}));
  }
  return ends;
}

Result<> Pty::StartProcess(bool terminal) {
  OSBX_TRY(const ChildEnds ends, terminal ? UseTerminal() : UsePipes());
  launch_.terminal = terminal;
  launch_.stdin_fd = ends.in.Get();
  launch_.stdout_fd = terminal ? ends.in.Get() : ends.out.Get();
  launch_.stderr_fd = terminal ? ends.in.Get() : ends.err.Get();
  OSBX_TRY(Launched launched, Start(launch_));
  launch_ = Launch();
  pid_ = launched.pid;
  failure_ = std::move(launched.failure);
  terminal_ = terminal;
  const auto self = shared_from_this();
  loop_.OnExit(pid_, [self](int status) { self->OnExit(status); });
  for (const OutputPtr& output : outputs_) {
    OSBX_CHECK(loop_.Watch(output->fd.Get(), EPOLLIN,
                           [self, output](std::uint32_t) { self->ReadOutput(*output); }));
  }
  return loop_.Watch(stdin_.Get(), 0, [self](std::uint32_t) { self->WriteInput(); });
}

void Pty::Refuse(const PtyClient& client, std::string_view code, std::string_view text) {
  client.socket->TrySend(PtyErrorFrame(code, text));
  client.socket->Close(kNormal, std::string(code));
}

void Pty::Attach(const PtyClientPtr& client) {
  if (state_ == State::kDeleted) return Refuse(*client, "SESSION_GONE", "the session is deleted");
  if (client_ && !client->takeover) {  // somebody took over between the claim and now
    return Refuse(*client, "ALREADY_CONNECTED", "another client holds the session");
  }
  if (client_) {
    client_->socket->TrySend(PtyErrorFrame("TAKEN_OVER", "another client took over"));
    client_->socket->Close(kTakenOver, "TAKEN_OVER");
    Detach();
  }
  {
    const std::lock_guard lock(claim_mutex_);
    holder_ = client;
  }
  client_ = client;
  closing_ = false;
  if (state_ == State::kNew) {
    state_ = State::kRunning;
    running_ = true;
    if (const auto started = StartProcess(client->terminal); !started) {
      CloseOutputs();
      start_error_ = started.error().message();
      state_ = State::kExited;
      running_ = false;
      ended_ = true;
    }
  }
  const std::string replay = ring_.From(client->since);
  if (!replay.empty()) Send(ReplayFrame(ring_.End(), replay));
  if (start_error_.empty()) Send(ConnectedFrame(id_, terminal_));
  TellState();
  OnReadable(client);  // what came before its arrival here
}

// The end of the process, if it has ended.
void Pty::TellState() {
  if (state_ != State::kExited) return;
  closing_ = true;
  Send(start_error_.empty() ? ExitFrame(exit_code_) : PtyErrorFrame("START_FAILED", start_error_));
}

void Pty::OnReadable(const PtyClientPtr& client) {
  while (client_ == client && input_.empty()) {
    auto message = client->socket->ReceiveFor(std::chrono::milliseconds(0));
    if (message) {
      Handle(ParsePtyInput(*std::move(message)));
    } else {
      if (client->socket->Closed()) Detach();
      return;
    }
  }
}

void Pty::Handle(PtyInput input) {
  if (state_ != State::kRunning) return;
  switch (input.kind) {
    case PtyInput::Kind::kStdin:
      input_ = std::move(input.data);
      WriteInput();
      break;
    case PtyInput::Kind::kSignal:
      Signal(input.signal);
      break;
    case PtyInput::Kind::kResize:
      if (terminal_) Resize(stdin_.Get(), input.columns, input.rows);
      break;
    case PtyInput::Kind::kPing:
      Send(PongFrame());
      break;
    case PtyInput::Kind::kUnknown:
      Send(PtyErrorFrame("INVALID_FRAME", "unknown frame"));
      break;
    case PtyInput::Kind::kIgnored:
      break;
  }
}

// To the terminal's foreground job, as its keys would; without a terminal to the shell's group.
void Pty::Signal(int signal) {
  pid_t group = pid_;
  if (terminal_ && signal != SIGKILL) {
    pid_t foreground = 0;
    if (ioctl(stdin_.Get(), TIOCGPGRP, &foreground) == 0 && foreground > 0) group = foreground;
  }
  SendSignal(group, signal);
}

void Pty::WriteInput() {
  while (!input_.empty()) {
    const ssize_t n = write(stdin_.Get(), input_.data(), input_.size());
    if (n > 0) {
      input_.erase(0, static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      loop_.Rewatch(stdin_.Get(), EPOLLOUT);
      return;
    }
    input_.clear();
    Send(PtyErrorFrame("STDIN_WRITE_FAILED", strerror(errno)));
  }
  loop_.Rewatch(stdin_.Get(), 0);
  if (client_) OnReadable(client_);
}

bool Pty::ReadOutput(Output& output) {
  std::array<char, kReadAtOnce> buffer{};
  const ssize_t n = read(output.fd.Get(), buffer.data(), buffer.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (n <= 0) {  // a terminal whose last user has gone fails with EIO
    loop_.Unwatch(output.fd.Get());
    return false;
  }
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(n));
  ring_.Append(bytes);
  offset_ = ring_.End();
  Send(output.is_stderr ? StderrFrame(bytes) : StdoutFrame(bytes));
  return true;
}

void Pty::OnExit(int status) {
  for (const OutputPtr& output : outputs_) {
    for (int i = 0; i < kReadsAtEnd && ReadOutput(*output); ++i) {
    }
  }
  CloseOutputs();
  if (const int why = FailureOf(failure_); why != 0) start_error_ = strerror(why);
  exit_code_ = WIFSIGNALED(status) ? -1 : WEXITSTATUS(status);
  if (state_ != State::kDeleted) state_ = State::kExited;
  running_ = false;
  ended_ = true;
  if (state_ == State::kExited) return TellState();
  closing_ = true;
  Send(ExitFrame(exit_code_));
}

void Pty::CloseOutputs() {
  for (const OutputPtr& output : outputs_) loop_.Unwatch(output->fd.Get());
  loop_.Unwatch(stdin_.Get());
  outputs_.clear();
  stdin_.Reset();
  input_.clear();
}

void Pty::Send(http::WsMessage message) {
  if (!client_) return;
  unsent_.push_back(std::move(message));
  Flush();
}

void Pty::OnRoom() {
  Flush();
}

void Pty::Flush() {
  while (client_ && !unsent_.empty()) {
    if (!client_->socket->TrySend(unsent_.front())) {
      if (client_->socket->Closed()) Detach();
      break;
    }
    unsent_.pop_front();
  }
  for (const OutputPtr& output : outputs_) {
    loop_.Rewatch(output->fd.Get(), unsent_.empty() ? EPOLLIN : 0);
  }
  if (!client_ || !closing_ || !unsent_.empty()) return;
  client_->socket->Close(kNormal, "process exited");
  Detach();
}

void Pty::Detach() {
  client_ = nullptr;
  unsent_.clear();
  for (const OutputPtr& output : outputs_) loop_.Rewatch(output->fd.Get(), EPOLLIN);
}

void Pty::Delete() {
  const bool running = state_ == State::kRunning;
  state_ = State::kDeleted;
  if (running) {
    SendSignal(pid_, SIGKILL);
  } else if (client_) {
    closing_ = true;
    Flush();
  }
}

}  // namespace osbx::execd
