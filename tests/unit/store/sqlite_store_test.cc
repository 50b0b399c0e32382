// SPDX-License-Identifier: Apache-2.0
// What only a store in a file has to prove: who may open it, what a full disk, a damaged file or a
// newer layout does, and that what was acknowledged survives kill -9.
#include "store/sqlite_store.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fakes/matchers.h"
#include "fakes/temp_dir.h"
#include "store/sqlite_db.h"

namespace osbx::store {
namespace {

using fakes::IsOk;
using fakes::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsNull;
using ::testing::NotNull;

Key Named(const std::string& name) {
  return {.kind = "sandboxes", .ns = "default", .name = name};
}

Write Create(const std::string& name, const std::string& payload = "x") {
  return {.key = Named(name),
          .body = std::make_shared<const Json>(
              Json{{"metadata", {{"name", name}}}, {"spec", {{"payload", payload}}}})};
}

class SqliteStoreTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<SqliteStore>> Open() { return SqliteStore::Open({.path = path_}); }
  std::unique_ptr<SqliteStore> MustOpen(SqliteStore::Options options = {}) {
    options.path = path_;
    auto opened = SqliteStore::Open(options);
    EXPECT_THAT(opened, IsOk());
    return opened ? *std::move(opened) : nullptr;
  }
  std::int64_t Query(const char* sql) {
    auto database = Database::Open(path_);
    EXPECT_THAT(database, IsOk());
    return *(*database)->QueryInteger(sql);
  }
  void Execute(const std::string& sql) {
    auto database = Database::Open(path_);
    ASSERT_THAT(database, IsOk());
    ASSERT_THAT((*database)->Execute(sql), IsOk());
  }

  fakes::TempDir dir_;
  std::string path_ = dir_ / "osbx.db";
};

TEST_F(SqliteStoreTest, SecondOwnerIsRefusedWithThePidOfTheFirst) {
  const auto store = MustOpen();
  const auto second = Open();
  ASSERT_THAT(second, StatusIs(Code::kFailedPrecondition));
  EXPECT_THAT(second.error().message(),
              HasSubstr("database " + path_ + " is in use by pid " + std::to_string(::getpid())));
}

TEST_F(SqliteStoreTest, IsReadableByItsOwnerOnly) {
  const auto store = MustOpen();
  ASSERT_THAT(store->Commit({Create("a")}), IsOk());
  for (const auto& entry : std::filesystem::directory_iterator(dir_.Path())) {
    EXPECT_EQ(entry.status().permissions() & std::filesystem::perms(0077),
              std::filesystem::perms::none)
        << entry.path();
  }
}

TEST_F(SqliteStoreTest, MissingDirectoryIsNamed) {
  path_ = dir_ / "missing/osbx.db";
  const auto opened = Open();
  ASSERT_THAT(opened, StatusIs(Code::kNotFound));
  EXPECT_THAT(opened.error().message(), HasSubstr(path_));
}

TEST_F(SqliteStoreTest, RefusesAFileThatIsNoDatabase) {
  std::ofstream(path_) << std::string(10'000, 'x');
  const auto opened = Open();
  ASSERT_THAT(opened, StatusIs(Code::kFailedPrecondition));
  EXPECT_THAT(opened.error().message(), HasSubstr(path_));
}

TEST_F(SqliteStoreTest, RefusesADamagedDatabase) {
  {
    const auto store = MustOpen();
    for (int i = 0; i < 50; ++i) {
      ASSERT_THAT(store->Commit({Create("s" + std::to_string(i), std::string(2000, 'x'))}), IsOk());
    }
  }
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    for (const int page : {2, 3, 5, 7}) {  // in the middle of B-tree pages
      file.seekp(page * 8192 + 1);
      file << std::string(64, '\xee');
    }
  }
  const auto opened = Open();
  ASSERT_THAT(opened, StatusIs(Code::kFailedPrecondition));
  EXPECT_THAT(opened.error().message(), HasSubstr(path_ + " is damaged"));
}

TEST_F(SqliteStoreTest, RefusesALogWithAHole) {
  {
    const auto store = MustOpen();
    for (const char* name : {"a", "b", "c"}) ASSERT_THAT(store->Commit({Create(name)}), IsOk());
  }
  Execute("DELETE FROM events WHERE rv = 2");
  EXPECT_THAT(Open(), StatusIs(Code::kFailedPrecondition));
}

TEST_F(SqliteStoreTest, RefusesANewerLayout) {
  MustOpen().reset();
  Execute("PRAGMA user_version = 1000");
  const auto opened = Open();
  ASSERT_THAT(opened, StatusIs(Code::kFailedPrecondition));
  EXPECT_THAT(opened.error().message(), HasSubstr("layout 1000"));
}

TEST_F(SqliteStoreTest, ClosedStoreReadsButDoesNotWrite) {
  const auto store = MustOpen();
  ASSERT_THAT(store->Commit({Create("a")}), IsOk());
  store->Close();
  store->Close();
  EXPECT_THAT(store->Commit({Create("b")}), StatusIs(Code::kUnavailable));
  EXPECT_THAT(store->Find(Named("a")), NotNull());
}

TEST_F(SqliteStoreTest, FullDatabaseRefusesTheWriteAndGoesOnReading) {
  const auto store = MustOpen({.max_bytes = 400'000});
  ASSERT_THAT(store->Commit({Create("first")}), IsOk());
  const std::string big(50'000, 'x');
  int written = 0;
  Result<std::vector<ObjectPtr>> last = std::vector<ObjectPtr>{};
  while (written < 100) {
    last = store->Commit({Create("big" + std::to_string(written), big)});
    if (!last) break;
    ++written;
  }
  ASSERT_THAT(last, StatusIs(Code::kUnavailable));
  EXPECT_THAT(last.error().message(), HasSubstr(path_));
  EXPECT_EQ(store->Current(), 1 + written);
  EXPECT_THAT(store->Find(Named("big" + std::to_string(written))), IsNull());
  EXPECT_THAT(store->Find(Named("first")), NotNull());
  EXPECT_THAT(store->Commit({Create("small")}), IsOk()) << "a small one still fits";
}

TEST_F(SqliteStoreTest, AClosedStoreIsNotWritable) {
  const auto store = MustOpen();
  EXPECT_THAT(store->CheckWritable(), IsOk());
  store->Close();
  EXPECT_THAT(store->CheckWritable(), StatusIs(Code::kUnavailable));
}

// One of many waiting commits must not take the others down with it.
TEST_F(SqliteStoreTest, WhatDoesNotFitFailsAlone) {
  const auto store = MustOpen({.max_bytes = 1'000'000});
  std::vector<std::jthread> threads;
  std::atomic<int> refused = 0;
  std::atomic<int> accepted = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string name = std::to_string(t) + "-" + std::to_string(i);
        const std::string payload(t == 0 ? 2'000'000 : 100, 'x');
        const auto result = store->Commit({Create(name, payload)});
        if (result) {
          ++accepted;
        } else if (result.error().code() == Code::kUnavailable && t == 0) {
          ++refused;
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(accepted, 70);
  EXPECT_EQ(refused, 10);
}

TEST_F(SqliteStoreTest, ForgottenRowsLeaveTheFile) {
  {
    const auto store = MustOpen({.window = {.max_events = 10}});
    ASSERT_THAT(store->Commit({Create("still")}), IsOk());
    for (int i = 0; i < 200; ++i) {
      ASSERT_THAT(store->Commit({Create("a")}), IsOk());
      ASSERT_THAT(store->Commit({{.op = Write::Op::kDelete, .key = Named("a")}}), IsOk());
    }
  }
  EXPECT_LE(Query("SELECT count(*) FROM events"), 14);
  EXPECT_EQ(Query("SELECT count(*) FROM objects"), 1);
  EXPECT_EQ(Query("SELECT count(*) FROM events WHERE name = 'still'"), 1);
}

TEST_F(SqliteStoreTest, TheLogFileDoesNotGrowWithoutBound) {
  const auto store = MustOpen({.window = {.max_events = 10}});
  std::vector<Write> writes;
  for (int i = 0; i < 4000; ++i) {
    Write write = Create("a", std::string(10'000, 'x'));
    if (i > 0) write.op = Write::Op::kUpdate;
    writes.push_back(std::move(write));
    if (writes.size() == 40) ASSERT_THAT(store->Commit(std::exchange(writes, {})), IsOk());
  }
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 20U << 20U);
  EXPECT_LT(std::filesystem::file_size(path_), 20U << 20U);
}

// ---- In a child process: limits and sudden death ----

class Child {
 public:
  // Runs `body` in a fork; it writes to the descriptor it gets. No other thread runs then.
  explicit Child(const std::function<int(int out)>& body) {
    std::array<int, 2> ends = {-1, -1};
    if (::pipe(ends.data()) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      ::_exit(body(ends[1]));
    }
    ::close(ends[1]);
    in_.Reset(ends[0]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) KillAndReap();
  }

  // What it writes next; empty at its end.
  std::string Read() {
    std::array<char, 4096> buffer = {};
    const ssize_t size = ::read(in_.Get(), buffer.data(), buffer.size());
    return {buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  }
  std::string ReadAll() {
    std::string all;
    for (std::string part = Read(); !part.empty(); part = Read()) all += part;
    return all;
  }
  void KillAndReap() {
    ::kill(pid_, SIGKILL);
    Reap();
  }
  int Reap() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }

 private:
  pid_t pid_ = -1;
  UniqueFd in_;
};

// The operating system refuses to let the file grow: as on a full disk.
TEST_F(SqliteStoreTest, FullDiskIsExhaustedNotDamaged) {
  Child child([this](int) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 300'000, .rlim_max = 300'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto store = SqliteStore::Open({.path = path_});
    if (!store) return 10;
    if (!(*store)->Commit({Create("first")})) return 11;
    const std::string big(20'000, 'x');
    for (int i = 0; i < 100; ++i) {
      const auto result = (*store)->Commit({Create("big" + std::to_string(i), big)});
      if (result) continue;
      if (result.error().code() != Code::kUnavailable) return 12;
      if ((*store)->Current() != i + 1) return 13;
      return (*store)->Find(Named("first")) ? 0 : 14;
    }
    return 15;
  });
  EXPECT_EQ(child.Reap(), 0);
  const auto store = MustOpen();
  EXPECT_THAT(store->Find(Named("first")), NotNull());
  EXPECT_THAT(store->Commit({Create("more")}), IsOk());
}

// The operating system refuses to let the file grow, and then allows it again.
TEST_F(SqliteStoreTest, WritableAgainBeforeSomebodyWrites) {
  Child child([this](int) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto opened = SqliteStore::Open({.path = path_});
    if (!opened || !(*opened)->CheckWritable()) return 10;
    SqliteStore& store = **opened;
    const rlimit none{.rlim_cur = 1, .rlim_max = RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &none);
    if (store.Commit({Create("a")})) return 11;
    if (store.CheckWritable()) return 12;
    const rlimit all{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &all);
    if (!store.CheckWritable()) return 13;
    const StoreStats stats = store.Stats();
    if (stats.failed != 1 || stats.committed != 0) return 14;
    return store.Commit({Create("a")}) ? 0 : 15;
  });
  EXPECT_EQ(child.Reap(), 0);
}

TEST_F(SqliteStoreTest, TheLockEndsWithItsProcess) {
  Child child([this](int out) {
    auto store = SqliteStore::Open({.path = path_});
    if (!store || ::write(out, "x", 1) != 1) return 1;
    ::pause();
    return 0;
  });
  ASSERT_EQ(child.Read(), "x");
  EXPECT_THAT(Open(), StatusIs(Code::kFailedPrecondition));
  child.KillAndReap();
  EXPECT_THAT(Open(), IsOk());
}

// Each writer creates <writer>-0, <writer>-1 … and reports every acknowledged one as a line.
int WriteForever(const std::string& path, int round, int out) {
  auto opened = SqliteStore::Open({.path = path, .window = {.max_events = 200}});
  if (!opened) return 1;
  Store& store = **opened;
  std::vector<std::jthread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&store, round, out, w] {
      for (int i = 0;; ++i) {
        const std::string name =
            std::to_string(round) + "-" + std::to_string(w) + "-" + std::to_string(i);
        // Beside the create, an update of a shared object: a pair that may only appear together.
        Write update = Create("shared-" + std::to_string(w), name);
        update.op = i == 0 && round == 0 ? Write::Op::kCreate : Write::Op::kUpdate;
        if (!store.Commit({Create(name, std::string(300, 'x')), std::move(update)})) return;
        const std::string line = name + "\n";
        if (::write(out, line.data(), line.size()) < 0) return;
      }
    });
  }
  return 0;
}

TEST_F(SqliteStoreTest, I11_AcknowledgedWritesSurviveKill) {
  constexpr int kRounds = 8;
  std::minstd_rand random(7);
  std::vector<std::string> acknowledged;
  std::string lines;
  for (int round = 0; round < kRounds; ++round) {
    Child child([this, round](int out) { return WriteForever(path_, round, out); });
    const std::size_t lines_before_kill = 50 + random() % 200;
    std::string got;
    while (static_cast<std::size_t>(std::count(got.begin(), got.end(), '\n')) < lines_before_kill) {
      const std::string part = child.Read();
      ASSERT_FALSE(part.empty()) << "the writer ended by itself";
      got += part;
    }
    child.KillAndReap();
    got += child.ReadAll();
    for (std::size_t begin = 0, end = 0; (end = got.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      acknowledged.push_back(got.substr(begin, end - begin));
    }

    const auto store = MustOpen();  // checks the file (quick_check) and replays it
    ASSERT_THAT(store, NotNull());
    for (const std::string& name : acknowledged) {
      ASSERT_THAT(store->Find(Named(name)), NotNull()) << name << " was acknowledged";
    }
    for (int w = 0; w < 4; ++w) {
      const ObjectPtr shared = store->Find(Named("shared-" + std::to_string(w)));
      ASSERT_THAT(shared, NotNull());
      const std::string name = shared->body->at("spec").at("payload").get<std::string>();
      const ObjectPtr pair = store->Find(Named(name));
      ASSERT_THAT(pair, NotNull()) << "half a commit: " << name;
      EXPECT_EQ(pair->revision + 1, shared->revision);
    }
  }
  EXPECT_GT(acknowledged.size(), kRounds * 50U);
}

}  // namespace
}  // namespace osbx::store
