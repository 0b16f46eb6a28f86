// SPDX-License-Identifier: Apache-2.0
// The lists that the build makes from the names of files (sensor/rooms.cmake): every keyword, transform and
// protocol.
#pragma once

#include "sensor/app/protocol.hpp"
#include "sensor/lang/keyword.hpp"
#include "sensor/lang/transform.hpp"

#include <span>

namespace hd::registry {

extern const std::span<const KeywordTable* const> k_keyword_tables;
extern const std::span<const TransformTable* const> k_transform_tables;
extern const std::span<const ProtocolSpec* const> k_protocol_tables;

} // namespace hd::registry
