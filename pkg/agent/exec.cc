// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "agent/agent.h"
#include "base/atomic_file.h"
#include "drivers/docker/exec_stream.h"
#include "drivers/mount/process_table.h"

namespace osbx::agent {
namespace {

using apiserver::ExecDuplex;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kPatience{100};
constexpr Duration kWriteDeadline = seconds(60);

// The engine has no way to end an exec; its process is on this host.
void KillExec(docker::Client& docker, const std::string& exec_id) {
  const auto info = docker.InspectExec(exec_id);
  if (!info || !info->running || info->pid <= 1 || info->container_id.empty()) return;
  // The pid may have been reused, or be another host's: a process of the container is in its
  // cgroup.
  const UniqueFd process = mount::OpenProcess(info->pid, 0);
  const auto cgroup = ReadFile("/proc/" + std::to_string(info->pid) + "/cgroup");
  if (cgroup && cgroup->find(info->container_id) != std::string::npos) mount::Kill(process);
}

// The client's side of the conversation, on a thread of its own until the command or the client is
// done.
void FeedInput(docker::Client& docker, const std::string& exec_id, docker::ExecStream& stream,
               ExecDuplex& duplex, const std::stop_token& done) {
  while (!done.stop_requested()) {
    const auto input = duplex.Read(kPatience);
    if (!input) continue;
    switch (input->kind) {
      case ExecDuplex::Input::Kind::kData:
        if (!stream.Write(input->data, kWriteDeadline, done)) return;
        break;
      case ExecDuplex::Input::Kind::kEndOfInput:
        Ignore(stream.CloseStdin(), "the command may have ended");
        break;
      case ExecDuplex::Input::Kind::kResize:
        Ignore(docker.ResizeExec(exec_id, input->height, input->width),
               "the command may have ended");
        break;
      case ExecDuplex::Input::Kind::kGone:
        KillExec(docker, exec_id);
        return;
    }
  }
}

// Copies output until its end; false when the client has gone.
Result<bool> CopyOutput(docker::ExecStream& stream, ExecDuplex& duplex) {
  while (true) {
    auto frame = stream.Read(seconds(1));
    if (!frame) {
      if (frame.error().code() == Code::kDeadlineExceeded) continue;
      return std::move(frame).error();
    }
    if (!*frame) return true;
    const bool to_stderr = (*frame)->stream == docker::OutputStream::kStderr;
    if (!(to_stderr ? duplex.WriteStderr((*frame)->bytes) : duplex.WriteStdout((*frame)->bytes)))
      return false;
  }
}

}  // namespace

Result<int> Agent::Exec(const store::Key& sandbox, const apiserver::ExecOptions& options,
                        ExecDuplex& duplex) {
  OSBX_TRY(const std::string id, ContainerOf(sandbox));
  docker::ExecSpec spec;
  spec.argv = options.command;
  spec.tty = options.tty;
  spec.attach_stdin = options.use_stdin;
  OSBX_TRY(const std::string exec_id, d_.docker.CreateExec(id, spec));
  OSBX_TRY(docker::ExecStream stream, d_.docker.StartExec(exec_id, options.tty));
  Result<bool> copied = false;
  {
    const std::jthread input(
        [&](const std::stop_token& done) { FeedInput(d_.docker, exec_id, stream, duplex, done); });
    copied = CopyOutput(stream, duplex);
    if (!copied || !*copied) KillExec(d_.docker, exec_id);
  }
  if (!copied) return std::move(copied).error();
  OSBX_TRY(const docker::ExecInfo info, d_.docker.InspectExec(exec_id));
  return info.exit_code;
}

}  // namespace osbx::agent
