// SPDX-License-Identifier: Apache-2.0
// haidang-sensor.
#include "sensor/verbs/command_line.hpp"

int main(int argc, char** argv) { return hd::run_command_line(argc, argv); }
