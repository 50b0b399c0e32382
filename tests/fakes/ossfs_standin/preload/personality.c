// SPDX-License-Identifier: Apache-2.0
// Loaded into s3fs by the ossfs stand-ins so that it looks and refuses like the program it stands
// for: its command line and comm, where stdio goes once it serves, and (ossfs2) the operations that
// are ignored or not supported. s3fs is started with the command line that ps shall show; the
// arguments that it gets instead are in OSSFS_STANDIN_ARGUMENTS, separated by 0x1f. Further
// OSSFS_STANDIN_OPERATIONS=ossfs2, OSSFS_STANDIN_SYMLINK=1 and OSSFS_STANDIN_FOREGROUND=1.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  kArgumentSeparator = 0x1f,
  // Places in libfuse 2.9's struct fuse_operations, which begins with plain function pointers.
  kGetattr = 0,
  kSymlink = 7,
  kLink = 9,
  kChmod = 10,
  kChown = 11,
  kTruncate = 12,
  kWrite = 16,
  kInit = 29,
  kFtruncate = 33,
  kPointers = 34,
};

typedef void (*Operation)(void);
typedef int (*GetattrOperation)(const char*, struct stat*);
typedef int (*TruncateOperation)(const char*, off_t);
typedef int (*WriteOperation)(const char*, const char*, size_t, off_t, void*);
typedef void* (*InitOperation)(void*);
typedef int (*MainFunction)(int, char**, char**);
typedef int (*StartMain)(MainFunction, int, char**, void (*)(void), void (*)(void), void (*)(void),
                         void*);
typedef int (*FuseMain)(int, char**, const void*, size_t, void*);

static Operation original[kPointers];
static Operation patched[256];
static int is_ossfs2;
static int allows_symlink;
static int keeps_stdio;

static char** SplitArguments(const char* text, int* count) {
  char* const copy = strdup(text);
  size_t places = 2;
  for (const char* c = copy; *c != '\0'; ++c) places += *c == kArgumentSeparator;
  char** const arguments = calloc(places, sizeof(*arguments));
  *count = 0;
  for (char* at = copy; at != NULL;) {
    char* const end = strchr(at, kArgumentSeparator);
    if (end != NULL) *end = '\0';
    arguments[(*count)++] = at;
    at = end != NULL ? end + 1 : NULL;
  }
  return arguments;
}

// glibc's start code calls main through this name; ours is found first.
int __libc_start_main(MainFunction main_function, int argc, char** argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void* stack_end) {
  const StartMain real = (StartMain)dlsym(RTLD_NEXT, "__libc_start_main");
  const char* arguments = getenv("OSSFS_STANDIN_ARGUMENTS");
  const char* operations = getenv("OSSFS_STANDIN_OPERATIONS");
  is_ossfs2 = operations != NULL && strcmp(operations, "ossfs2") == 0;
  allows_symlink = getenv("OSSFS_STANDIN_SYMLINK") != NULL;
  keeps_stdio = getenv("OSSFS_STANDIN_FOREGROUND") != NULL;
  if (arguments != NULL) {
    prctl(PR_SET_NAME, argv[0]);
    argv = SplitArguments(arguments, &argc);
  }
  unsetenv("LD_PRELOAD");
  return real(main_function, argc, argv, init, fini, rtld_fini, stack_end);
}

// Until here stderr is a file of the parent's, which reports a failed mount from it.
static void* Init(void* connection) {
  const int null = open("/dev/null", O_RDWR);
  if (!keeps_stdio && null >= 0) {
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
  }
  if (null > STDERR_FILENO) close(null);
  return original[kInit] != NULL ? ((InitOperation)original[kInit])(connection) : NULL;
}

static int IgnoreMode(const char* path, mode_t mode) {
  (void)path, (void)mode;
  return 0;
}
static int IgnoreOwner(const char* path, uid_t uid, gid_t gid) {
  (void)path, (void)uid, (void)gid;
  return 0;
}
static int RefuseSymlink(const char* from, const char* to) {
  (void)from, (void)to;
  return -EOPNOTSUPP;
}
static int RefuseLink(const char* from, const char* to) {
  (void)from, (void)to;
  return -EPERM;
}

static int SizeOf(const char* path, off_t* size) {
  struct stat status;
  const int problem = ((GetattrOperation)original[kGetattr])(path, &status);
  *size = problem == 0 ? status.st_size : 0;
  return problem;
}

// Objects are only appended to: they can be emptied, and written from their end.
static int Truncate(const char* path, off_t size) {
  off_t present = 0;
  const int problem = SizeOf(path, &present);
  if (problem != 0) return problem;
  if (size != 0 && size != present) return -EOPNOTSUPP;
  return ((TruncateOperation)original[kTruncate])(path, size);
}
static int Write(const char* path, const char* data, size_t size, off_t offset, void* file) {
  off_t present = 0;
  const int problem = SizeOf(path, &present);
  if (problem != 0) return problem;
  if (offset != present) return -EOPNOTSUPP;
  return ((WriteOperation)original[kWrite])(path, data, size, offset, file);
}

// s3fs calls libfuse through this name; ours is found first.
int fuse_main_real(int argc, char** argv, const void* operations, size_t size, void* user_data) {
  const FuseMain real = (FuseMain)dlsym(RTLD_NEXT, "fuse_main_real");
  if (size > sizeof(patched) || size < sizeof(original)) {
    return real(argc, argv, operations, size, user_data);
  }
  memcpy(patched, operations, size);
  memcpy(original, operations, sizeof(original));
  patched[kInit] = (Operation)Init;
  if (is_ossfs2) {
    patched[kLink] = (Operation)RefuseLink;
    patched[kChmod] = (Operation)IgnoreMode;
    patched[kChown] = (Operation)IgnoreOwner;
    patched[kTruncate] = (Operation)Truncate;
    patched[kFtruncate] = NULL;  // libfuse then calls truncate
    patched[kWrite] = (Operation)Write;
    if (!allows_symlink) patched[kSymlink] = (Operation)RefuseSymlink;
  }
  return real(argc, argv, patched, size, user_data);
}
