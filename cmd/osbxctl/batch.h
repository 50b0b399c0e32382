// SPDX-License-Identifier: Apache-2.0
// Server-side apply of several documents in one transaction: what `apply` and `diff` ask the server
// for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "context.h"
#include "documents.h"
#include "resources.h"

namespace osbx::ctl {

struct BatchOptions {
  bool dry_run = false;
  bool force = false;  // takes fields over from other managers
  std::string field_manager = "osbxctl";
};

// Adds --force-conflicts and --field-manager.
void AddBatchOptions(CLI::App& command, BatchOptions& options);

struct BatchItem {
  std::string effect;  // created, configured or unchanged
  Json object;         // what it is, or would be
  std::string error;   // of an item that was refused; the rest is empty then
};
struct BatchOutcome {
  bool committed = false;  // or would be
  std::vector<BatchItem> items;
};

// The kind of each document; documents without a namespace get `ns`. kInvalid, with the place in
// the file, for what the server does not serve.
Result<std::vector<Resource>> PlaceDocuments(std::vector<Document>& documents,
                                             const std::vector<Resource>& all,
                                             const std::string& ns);

Result<BatchOutcome> ApplyBatch(client::RestClient& client, std::span<const Document> documents,
                                const BatchOptions& options);

std::string NameOf(const Document& document);

}  // namespace osbx::ctl
