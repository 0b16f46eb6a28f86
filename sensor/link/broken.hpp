// SPDX-License-Identifier: Apache-2.0
// Faults built in on purpose, to show that the simulation finds them (a test of the test). They exist only in the
// programs of tests/sim that define HD_BREAKABLE; elsewhere each question is the constant false.
#pragma once

namespace hd {

#ifdef HD_BREAKABLE
struct Broken {
  bool no_trim = false;        ///< the collector enters a shed note whole, also where its numbers are stored
  bool reuse_epoch = false;    ///< after a power loss the sensor goes on numbering in the same epoch
  bool epoch_counter = false;  ///< an epoch's name is a counter that is not on disk before its use
  bool ack_early = false;      ///< acknowledgement before the commit
  bool shed_unnoted = false;   ///< the oldest are deleted, the sensor goes on with the next number
};
#define HD_BROKEN(options, fault) ((options).broken.fault)
#else
#define HD_BROKEN(options, fault) false
#endif

}  // namespace hd
