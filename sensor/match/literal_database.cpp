// SPDX-License-Identifier: Apache-2.0
// Two libraries can stand behind this: Hyperscan on x86, Vectorscan elsewhere. Vectorscan's literal interface refuses a
// literal that begins with NUL, so there the literals are written as \xHH expressions (docs: detection 3, 5).
#include "sensor/match/literal_database.hpp"

#include <hs.h>

#include <cstdlib>
#include <new>

#include "sensor/base/assert.hpp"

namespace hd {
namespace {

#if defined(VS_VERSION) || defined(VECTORSCAN_VERSION) || !defined(__x86_64__)
constexpr bool kLiteralInterface = false;
#else
constexpr bool kLiteralInterface = true;
#endif

struct FreeDatabase {
  void operator()(hs_database_t* database) const { hs_free_database(database); }
};
struct FreeScratch {
  void operator()(hs_scratch_t* scratch) const { hs_free_scratch(scratch); }
};
struct FreeError {
  void operator()(hs_compile_error_t* error) const { hs_free_compile_error(error); }
};

/// What hs_compile_lit_multi takes, in the order of the ranks.
struct Lists {
  std::vector<std::string> texts = {};
  std::vector<const char*> expressions = {};
  std::vector<unsigned> flags = {};
  std::vector<unsigned> ids = {};
  std::vector<std::size_t> lengths = {};
};

std::string as_expression(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string result;
  result.reserve(bytes.size() * 4);
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    result.append({'\\', 'x', kDigits[value >> 4], kDigits[value & 15]});
  }
  return result;
}

Lists lists_of(const LiteralSet& set) {
  Lists lists;
  for (const std::uint32_t number : set.sorted()) {
    const LiteralSet::Literal& literal = set.at(number);
    lists.texts.push_back(kLiteralInterface ? literal.bytes : as_expression(literal.bytes));
    lists.lengths.push_back(literal.bytes.size());
    lists.flags.push_back(HS_FLAG_SINGLEMATCH | (literal.letters == LetterCase::folded ? HS_FLAG_CASELESS : 0u));
    lists.ids.push_back(static_cast<unsigned>(lists.ids.size()));
  }
  for (const std::string& text : lists.texts) lists.expressions.push_back(text.data());
  return lists;
}

tl::unexpected<Error> refusal(const hs_compile_error_t* error, const Lists& lists) {
  std::string what = "Hyperscan cannot compile the literals";
  std::string why = error != nullptr && error->message != nullptr ? error->message : "no reason given";
  if (error != nullptr && error->expression >= 0) {
    const auto at = static_cast<std::size_t>(error->expression);
    what = "Hyperscan cannot compile the literal " + as_expression({lists.expressions[at], lists.lengths[at]});
  }
  return fail({.code = ErrorCode::E2201, .what = std::move(what), .why = std::move(why)});
}

tl::unexpected<Error> refusal(const char* act, hs_error_t status) {
  return fail({.code = ErrorCode::E4001,
               .what = std::string("Hyperscan cannot ") + act,
               .why = status == HS_NOMEM ? "no memory" : "its status is " + std::to_string(status)});
}

}  // namespace

// --- scratch ---

struct LiteralScratch::Impl {
  std::unique_ptr<hs_scratch_t, FreeScratch> scratch = {};
};

LiteralScratch::LiteralScratch() : impl_(std::make_unique<Impl>()) {}
LiteralScratch::~LiteralScratch() = default;
LiteralScratch::LiteralScratch(LiteralScratch&& other) noexcept = default;
LiteralScratch& LiteralScratch::operator=(LiteralScratch&& other) noexcept = default;

struct LiteralDatabase::Impl {
  std::unique_ptr<hs_database_t, FreeDatabase> database = {};
};

Result<void> LiteralScratch::fit(const LiteralDatabase& database) {
  if (database.impl_->database == nullptr) return {};
  hs_scratch_t* scratch = impl_->scratch.release();
  const hs_error_t status = hs_alloc_scratch(database.impl_->database.get(), &scratch);
  impl_->scratch.reset(scratch);
  if (status != HS_SUCCESS) return refusal("make its working memory", status);
  return {};
}

std::size_t LiteralScratch::size_bytes() const {
  std::size_t size = 0;
  if (impl_->scratch != nullptr) hs_scratch_size(impl_->scratch.get(), &size);
  return size;
}

// --- database ---

LiteralDatabase::LiteralDatabase() : impl_(std::make_unique<Impl>()) {}
LiteralDatabase::~LiteralDatabase() = default;

void LiteralDatabase::describe(const LiteralSet& set) {
  numbers_ = set.sorted();
  length_min_ = set.length_min();
  if (impl_->database != nullptr) hs_database_size(impl_->database.get(), &size_bytes_);
}

Result<std::shared_ptr<const LiteralDatabase>> LiteralDatabase::build(const LiteralSet& set) {
  std::shared_ptr<LiteralDatabase> result(new LiteralDatabase());
  if (!set.is_empty()) {
    const Lists lists = lists_of(set);
    const auto count = static_cast<unsigned>(lists.ids.size());
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    hs_error_t status = HS_SUCCESS;
    if constexpr (kLiteralInterface) {
      status = hs_compile_lit_multi(lists.expressions.data(), lists.flags.data(), lists.ids.data(), lists.lengths.data(),
                                    count, HS_MODE_BLOCK, nullptr, &database, &error);
    } else {
      status = hs_compile_multi(lists.expressions.data(), lists.flags.data(), lists.ids.data(), count, HS_MODE_BLOCK,
                                nullptr, &database, &error);
    }
    const std::unique_ptr<hs_compile_error_t, FreeError> owned_error(error);
    if (status != HS_SUCCESS) return refusal(error, lists);
    result->impl_->database.reset(database);
  }
  result->describe(set);
  return result;
}

Result<std::shared_ptr<const LiteralDatabase>> LiteralDatabase::load(const LiteralSet& set, Bytes serialized) {
  std::shared_ptr<LiteralDatabase> result(new LiteralDatabase());
  if (!set.is_empty()) {
    hs_database_t* database = nullptr;
    const hs_error_t status = hs_deserialize_database(as_chars(serialized).data(), serialized.size(), &database);
    if (status != HS_SUCCESS) return refusal("read the database", status);
    result->impl_->database.reset(database);
  }
  result->describe(set);
  return result;
}

Result<std::vector<std::uint8_t>> LiteralDatabase::serialize() const {
  if (impl_->database == nullptr) return std::vector<std::uint8_t>{};
  char* bytes = nullptr;
  std::size_t length = 0;
  const hs_error_t status = hs_serialize_database(impl_->database.get(), &bytes, &length);
  if (status != HS_SUCCESS) return refusal("write the database", status);
  const Bytes written = as_bytes({bytes, length});
  std::vector<std::uint8_t> result(written.begin(), written.end());
  std::free(bytes);  // hs_set_misc_allocator is never called: it is malloc's
  return result;
}

void LiteralDatabase::run(Bytes buffer, LiteralScratch& scratch, OnHit on_hit, void* context) const noexcept {
  struct Call {
    const std::vector<std::uint32_t>& numbers;
    OnHit on_hit;
    void* context;
    std::uint32_t hits;
  } call{.numbers = numbers_, .on_hit = on_hit, .context = context, .hits = 0};

  const auto take = [](unsigned rank, unsigned long long, unsigned long long end, unsigned, void* opaque) noexcept -> int {
    Call& at = *static_cast<Call*>(opaque);
    if (at.hits == kHitsMax) return 1;
    ++at.hits;
    at.on_hit(at.context, at.numbers[rank], static_cast<std::size_t>(end));
    return 0;
  };
  ++scratch.calls;
  scratch.bytes += buffer.size();
  const hs_error_t status =
      hs_scan(impl_->database.get(), as_chars(buffer).data(), static_cast<unsigned>(buffer.size()), 0,
              scratch.impl_->scratch.get(), take, &call);
  scratch.hits += call.hits;
  if (status == HS_SCAN_TERMINATED) {
    ++scratch.limit_hits;
  } else if (status != HS_SUCCESS) {
    ++scratch.refused;
  }
}

// --- platform ---

Result<void> check_literal_platform() {
  if (hs_valid_platform() == HS_SUCCESS) return {};
  return fail({.code = ErrorCode::E4001,
               .what = "this processor lacks the instructions that Hyperscan needs",
               .why = "Hyperscan needs SSSE3 at least (any x86 processor since 2006 has it).",
               .hint = "In a virtual machine, give it the host's processor type."});
}

std::string literal_platform() {
  hs_platform_info_t platform = {};
  hs_populate_platform(&platform);
  std::string result = "hyperscan ";
  result += hs_version();
  result += kLiteralInterface ? " literal" : " expression";
  result += " tune " + std::to_string(platform.tune) + " features " + std::to_string(platform.cpu_features);
  return result;
}

}  // namespace hd
