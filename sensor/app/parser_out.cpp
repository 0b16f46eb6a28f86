// SPDX-License-Identifier: Apache-2.0
#include "sensor/app/parser_out.hpp"

namespace hd {

Transaction* ParserOut::open() noexcept {
  const std::size_t protocol = static_cast<std::size_t>(flow_.protocol);
  if (flow_.live >= kTransactionsOpen) {
    ++counters_.tx_limit[protocol];
    return nullptr;
  }
  const Index<Transaction> index = slab_.acquire(pool_);
  if (!index) {
    ++counters_.tx_limit[protocol];
    return nullptr;
  }
  Transaction* tx = &slab_[index];
  tx->id = flow_.next_id++;
  tx->previous = flow_.last;
  if (flow_.last == nullptr) flow_.first = tx;
  else flow_.last->next = tx;
  flow_.last = tx;
  ++flow_.live;
  ++counters_.transactions[protocol];
  return tx;
}

// The newest one only: it was opened a moment ago, and its protocol part found no memory.
void ParserOut::abandon(Transaction* tx) noexcept {
  flow_.last = tx->previous;
  if (flow_.last == nullptr) flow_.first = nullptr;
  else flow_.last->next = nullptr;
  --flow_.live;
  --flow_.next_id;
  slab_.release(slab_.index_of(*tx));
}

}  // namespace hd
