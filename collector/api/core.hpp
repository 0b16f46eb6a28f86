// SPDX-License-Identifier: Apache-2.0
// What all routes work with. One for each Api.
#pragma once

#include <string>

#include "collector/api/api.hpp"
#include "collector/api/facts.hpp"
#include "collector/api/login.hpp"
#include "collector/api/route.hpp"
#include "collector/api/stream.hpp"

namespace hd::api {

struct Core {
  Store& store;
  Clock& clock;
  Logger logger;
  ApiOptions options;
  std::string decoy_hash;  ///< of no password: unknown users cost the same time
  Ticks started;
  std::vector<RouteRow> routes;
  std::string openapi;
  GuessLimiter guesses = {};
  GroupFactsCache facts = {};
  StreamHub streams;
};

}  // namespace hd::api
