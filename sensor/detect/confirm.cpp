// SPDX-License-Identifier: Apache-2.0
// One switch over the instructions, with retries only where the next step counts from this one's match. The retry is a
// recursion over the rule's steps (at most as deep as the rule is long), never over the input.
#include "sensor/detect/confirm_impl.hpp"

namespace hd {

template bool confirm<NoTrace>(const ConfirmProgram&, Bytes, ConfirmContext&, NoTrace&) noexcept;

}  // namespace hd
