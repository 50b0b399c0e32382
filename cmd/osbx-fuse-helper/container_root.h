// SPDX-License-Identifier: Apache-2.0
// The inside of a running container as directory descriptors. No path is ever resolved outside its
// root: symbolic links are followed by us, one at a time, and the result is opened with all of them
// forbidden, so a race in the container ends in an error, never in another place.
#pragma once

#include <string>

// Descriptors are closed with the process.
struct ContainerRoot {
  int process = -1;  // pidfd
  int root = -1;     // O_PATH of its root directory
};

// The root of process `pid`, proven to be the one that started at `start_time` (field 22 of
// /proc/PID/stat; 0: any). Returns 0 or an errno; ESRCH when it is another process or gone,
// EXDEV when it has no mount namespace of its own.
int OpenContainer(int pid, long long start_time, ContainerRoot& out);

// This process enters the container's mount namespace (it has one thread, setns(2)).
int EnterContainer(const ContainerRoot& container);

// A place to mount on: an existing directory or file without links in its path.
struct Place {
  int parent = -1;
  std::string leaf;
  int self = -1;  // O_PATH, the topmost mount there
};

// Finds `path` inside. What is missing is made: directories 0755 and, when `file`, an empty file at
// the end.
int FindPlace(const ContainerRoot& container, const std::string& path, bool file, Place& out);
