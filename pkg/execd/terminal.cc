// SPDX-License-Identifier: Apache-2.0
#include "execd/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <cerrno>

namespace osbx::execd {

Result<Terminal> OpenTerminal() {
  Terminal terminal{.master =
                        UniqueFd(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK))};
  if (!terminal.master) return Error::FromErrno(errno, "/dev/ptmx");
  const int locked = 0;
  if (ioctl(terminal.master.Get(), TIOCSPTLCK, &locked) != 0) {
    return Error::FromErrno(errno, "unlock the terminal");
  }
  terminal.slave.Reset(ioctl(terminal.master.Get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal.slave) return Error::FromErrno(errno, "open the terminal");
  Resize(terminal.master.Get(), 80, 24);
  return terminal;
}

void Resize(int master, std::uint16_t columns, std::uint16_t rows) {
  const winsize size{.ws_row = rows, .ws_col = columns};
  ioctl(master, TIOCSWINSZ, &size);
}

}  // namespace osbx::execd
