// SPDX-License-Identifier: Apache-2.0
#include "sensor/capture/card.hpp"

#include <fstream>

namespace hd {

std::uint64_t card_losses(const std::string& interface_name) {
  std::uint64_t sum = 0;
  for (const char* counter : {"rx_missed_errors", "rx_fifo_errors"}) {
    std::uint64_t value = 0;
    std::ifstream file("/sys/class/net/" + interface_name + "/statistics/" + counter);
    if (file >> value) sum += value;
  }
  return sum;
}

}  // namespace hd
