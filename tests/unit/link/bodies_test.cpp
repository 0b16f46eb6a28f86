// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/bodies.hpp"

#include <gtest/gtest.h>

#include "sensor/link/envelope.hpp"
#include "sensor/link/hello.hpp"
#include "sensor/link/invitation.hpp"

namespace hd {
namespace {

// Every proper prefix and one byte more are refused.
template <class Body>
void refuses_other_lengths(const Payload& good) {
  Body body;
  ASSERT_TRUE(decode(good, &body));
  Payload longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode(longer, &body));
  EXPECT_FALSE(decode(Bytes(good).first(good.size() - 1), &body));
  EXPECT_FALSE(decode({}, &body));
}

TEST(Bodies, ComeBackAndHaveOneLengthEach) {
  refuses_other_lengths<AckBody>(encode(AckBody{.cursors = {{.lane = {1, 2}, .cursor = 3}}, .credit = 4}));
  refuses_other_lengths<PingBody>(encode(PingBody{.t1 = 1, .heads = {{.lane = {1, 2}, .head = 3}}}));
  refuses_other_lengths<PongBody>(encode(PongBody{.t1 = 1, .t2 = 2, .t3 = 3, .credit = 4}));
  refuses_other_lengths<ProbeBody>(encode(ProbeBody{.lane = {1, 2}, .numbers = {3}}));
  refuses_other_lengths<ProofBody>(encode(ProofBody{.lane = {1, 2}, .points = {{.asked = 4, .at = {.number = 3}}}}));
  refuses_other_lengths<ResumeBody>(encode(ResumeBody{.lane = {1, 2}, .cursor = 3}));

  AckBody ack;
  ASSERT_TRUE(decode(encode(AckBody{.cursors = {{.lane = {1, 2}, .cursor = 3}}, .credit = 4}), &ack));
  EXPECT_EQ(ack.cursors.at(0).lane, (LaneKey{1, 2}));
  EXPECT_EQ(ack.cursors.at(0).cursor, 3u);
  EXPECT_EQ(ack.credit, 4u);
}

TEST(Bodies, RefuseASixthLaneAndTooManyEntries) {
  AckBody ack;
  EXPECT_FALSE(decode(encode(AckBody{.cursors = {{.lane = {1, 5}}}}), &ack));

  PingBody many;
  many.heads.resize(kEntriesMax);
  PingBody read;
  EXPECT_TRUE(decode(encode(many), &read));
  many.heads.resize(kEntriesMax + 1);
  EXPECT_FALSE(decode(encode(many), &read));
}

TEST(ErrorBody, KnowsItsCodesAndCutsItsText) {
  ErrorBody read;

  ASSERT_TRUE(decode(encode(ErrorBody{.code = WireError::busy, .retry_after_ms = 9, .text = std::string(300, 'x')}), &read));
  EXPECT_EQ(read.text.size(), 200u);
  EXPECT_FALSE(decode(encode(ErrorBody{.code = static_cast<WireError>(13)}), &read));
  EXPECT_FALSE(decode(encode(ErrorBody{.code = WireError::none}), &read));
}

TEST(Hello, ComesBackAsItWas) {
  HelloBody hello{.sensor = {1}, .instance = {2}, .boot = {3}, .machine = "ab", .software = "0.1.0", .nonce = ~0ull,
                  .epochs = {{.epoch = ~0ull, .reason = "power_loss", .closed = true}}, .store = {4},
                  .store_generation = 2};
  hello.epochs[0].lanes[2] = {.acked = 4, .head = 9, .lowest = 3, .chain_acked = {5}};
  const auto read = hello_of(to_json(hello));

  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, hello);
}

TEST(Hello, RefusesImplausibleLanesAndTooManyEpochs) {
  HelloBody hello{.epochs = {{.epoch = 1}}};
  hello.epochs[0].lanes[0] = {.acked = 5, .head = 4};
  EXPECT_FALSE(hello_of(to_json(hello)).has_value()) << "acknowledged more than given";

  hello.epochs.assign(kHelloEpochsMax, {.epoch = 1});
  EXPECT_TRUE(hello_of(to_json(hello)).has_value());
  hello.epochs.emplace_back();
  EXPECT_FALSE(hello_of(to_json(hello)).has_value());
  EXPECT_FALSE(hello_of("{}").has_value());
  EXPECT_FALSE(hello_of("[[[[[[[[[[[[]]]]]]]]]]]]").has_value());
}

TEST(Welcome, ComesBackAsItWas) {
  const WelcomeBody welcome{.session = 5, .nonce = 6, .collector = "c1", .store = {7}, .store_generation = 1,
                            .batch_bytes_max = 9, .credit = 10, .cursors = {{.lane = {1, 4}, .cursor = 11, .chain = {12}}}};
  const auto read = welcome_of(to_json(welcome));

  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, welcome);
}

TEST(Envelope, OpensForItsSensorInItsTimeOnly) {
  const SigningKeys keys = make_signing_keys();
  const Envelope envelope{.key_id = key_id_of(keys.public_key), .number = 3, .not_before = {100}, .not_after = {200},
                          .kind = ControlKind::dataset, .sensor = {9}, .body = "{\"a\":1}"};
  const Payload sealed = seal(envelope, keys);
  Envelope read;

  EXPECT_EQ(open_envelope(sealed, keys.public_key, {9}, {150}, &read), EnvelopeFault::none);
  EXPECT_EQ(read, envelope);
  EXPECT_EQ(open_envelope(sealed, keys.public_key, {8}, {150}, &read), EnvelopeFault::other_sensor);
  EXPECT_EQ(open_envelope(sealed, keys.public_key, {9}, {99}, &read), EnvelopeFault::not_yet);
  EXPECT_EQ(open_envelope(sealed, keys.public_key, {9}, {201}, &read), EnvelopeFault::expired);
  EXPECT_EQ(open_envelope(sealed, make_signing_keys().public_key, {9}, {150}, &read), EnvelopeFault::other_key);
}

TEST(Envelope, RefusesEverySingleBitOfDamage) {
  const SigningKeys keys = make_signing_keys();
  const Payload good = seal({.not_after = {200}, .body = "{}"}, keys);
  Envelope read;

  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Payload bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_NE(open_envelope(bad, keys.public_key, {}, {150}, &read), EnvelopeFault::none) << "bit " << bit;
  }
}

TEST(Invitation, ComesBackAndFindsTypingErrors) {
  Invitation invitation{.host = "thu-thap.example.vn", .enrol_port = 7704, .link_port = 7701};
  invitation.collector_key = make_curve_keys().public_key;
  random_bytes(invitation.token);
  const std::string text = to_text(invitation);

  ASSERT_TRUE(invitation_of(text).has_value());
  EXPECT_EQ(*invitation_of(text + "\n"), invitation);
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string typo = text;
    typo[at] = typo[at] == 'q' ? 'p' : 'q';
    EXPECT_FALSE(invitation_of(typo).has_value()) << "at " << at;
  }
  EXPECT_FALSE(invitation_of("").has_value());
  EXPECT_FALSE(invitation_of("hdinv1").has_value());
}

TEST(Bech32m, AgreesWithTheVectorsOfBip350) {
  std::string prefix;
  std::vector<std::uint8_t> bytes;

  EXPECT_TRUE(bech32m_decode("A1LQFN3A", &prefix, &bytes));
  EXPECT_EQ(prefix, "a");
  EXPECT_TRUE(bytes.empty());
  EXPECT_TRUE(bech32m_decode("?1v759aa", &prefix, &bytes));
  EXPECT_FALSE(bech32m_decode("M1VUXWEZ", &prefix, &bytes));
  EXPECT_FALSE(bech32m_decode("A1G7SGD8", &prefix, &bytes));
  EXPECT_FALSE(bech32m_decode("a1LQFN3A", &prefix, &bytes)) << "both cases";
}

TEST(Ids, GoThereAndBack) {
  Uuid id{};
  ASSERT_TRUE(uuid_of("0B53b1e2-0000-4000-8000-00000000000f", &id));
  EXPECT_EQ(uuid_text(id), "0b53b1e2-0000-4000-8000-00000000000f");
  EXPECT_FALSE(uuid_of("0b53b1e20-000-4000-8000-00000000000f", &id));
  std::uint64_t value = 0;
  ASSERT_TRUE(hex64_of(hex64(0xfeu), &value));
  EXPECT_EQ(value, 0xfeu);
}

}  // namespace
}  // namespace hd
