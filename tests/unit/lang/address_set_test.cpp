// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/time.hpp"
#include "sensor/lang/address_set.hpp"
#include "sensor/lang/address_text.hpp"
#include "sensor/lang/port_set.hpp"
#include "sensor/lang/variables.hpp"

#include <gtest/gtest.h>

namespace hd {
namespace {

Address at(const char* text) {
  return parse_address(text).value();
}

AddressSet set_of(const char* text, const Variables& variables = Variables::standard()) {
  ListResolver lists(variables);
  auto set = lists.addresses(text);
  EXPECT_TRUE(set.has_value()) << text << ": " << (set ? "" : set.error().what);
  return set ? *set : AddressSet();
}

std::string error_of(const char* text, const Variables& variables = Variables::standard()) {
  ListResolver lists(variables);
  const auto set = lists.addresses(text);
  return set ? std::string("none") : set.error().what;
}

TEST(AddressSet, JoinsRangesThatTouch) {
  AddressSet set;
  set.add({at("192.0.2.0"), at("192.0.2.9")});
  set.add({at("192.0.2.20"), at("192.0.2.29")});
  set.add({at("192.0.2.10"), at("192.0.2.19")});

  ASSERT_EQ(set.ranges().size(), 1u);
  EXPECT_TRUE(set.contains(at("192.0.2.29")));
  EXPECT_FALSE(set.contains(at("192.0.2.30")));
}

TEST(AddressSet, ComplementOfAComplementIsItself) {
  const AddressSet set = set_of("[192.0.2.0/24,2001:db8::/32,10.0.0.1]");
  EXPECT_EQ(set.complement().complement(), set);
  EXPECT_TRUE(AddressSet::any().complement().is_empty());
  EXPECT_TRUE(AddressSet().complement().is_any());
}

TEST(AddressSet, AgreesWithMembershipOnRandomRanges) {
  SeededRandom random(7);
  const auto one = [&] { return Address::from_ip4(static_cast<std::uint32_t>(random.below(400))); };
  for (int round = 0; round < 200; ++round) {
    AddressSet wanted, unwanted;
    for (int i = 0; i < 6; ++i) {
      const Address a = one(), b = one();
      (i < 4 ? wanted : unwanted).add({std::min(a, b), std::max(a, b)});
    }
    AddressSet left = wanted;
    left.remove(unwanted);
    for (std::uint32_t i = 0; i < 400; ++i) {
      const Address address = Address::from_ip4(i);
      ASSERT_EQ(left.contains(address), wanted.contains(address) && !unwanted.contains(address))
          << "round " << round;
    }
  }
}

TEST(AddressLists, TakeNegationsOutOfTheRest) {
  const AddressSet set = set_of("[192.0.2.0/24,!192.0.2.128/25]");
  EXPECT_TRUE(set.contains(at("192.0.2.127")));
  EXPECT_FALSE(set.contains(at("192.0.2.128")));
  EXPECT_EQ(set_of("[10.0.0.0/8,[10.1.0.0/16,!10.1.1.1]]"), set_of("[10.0.0.0/8,!10.1.1.1]"));
  EXPECT_EQ(set_of("![!10.0.0.0/8]"), set_of("10.0.0.0/8"));
}

TEST(AddressLists, NegateWithinTheFamiliesThatTheyName) {
  const AddressSet external = set_of("$EXTERNAL_NET");
  EXPECT_TRUE(external.contains(at("203.0.113.1")));
  EXPECT_FALSE(external.contains(at("10.0.0.1")));
  EXPECT_FALSE(external.contains(at("2001:db8::1")));
  EXPECT_TRUE(set_of("!2001:db8::/32").contains(at("2001:db9::1")));
  EXPECT_FALSE(set_of("::/0").contains(at("192.0.2.1")));
  EXPECT_FALSE(set_of("0.0.0.0/0").contains(at("2001:db8::1")));
  EXPECT_TRUE(set_of("any").is_any());
}

TEST(AddressLists, ReadAllFormsOfItems) {
  EXPECT_EQ(set_of("192.0.2.7/255.255.255.0"), set_of("192.0.2.0/24"));
  EXPECT_EQ(set_of("192.0.2.1-192.0.2.3"), set_of("[192.0.2.1,192.0.2.2,192.0.2.3]"));
  EXPECT_EQ(set_of("[ 192.0.2.1 , 192.0.2.2 ]"), set_of("[192.0.2.1,192.0.2.2]"));
}

TEST(AddressLists, RefuseWhatIsNone) {
  EXPECT_NE(error_of("192.0.2"), "none");
  EXPECT_NE(error_of("192.0.2.0/33"), "none");
  EXPECT_NE(error_of("192.0.2.0/255.0.255.0"), "none");
  EXPECT_NE(error_of("192.0.2.9-192.0.2.1"), "none");
  EXPECT_NE(error_of("192.0.2.1-2001:db8::1"), "none");
  EXPECT_NE(error_of("[192.0.2.1"), "none");
  EXPECT_NE(error_of("[192.0.2.1,,192.0.2.2]"), "none");
  EXPECT_NE(error_of("[]"), "none");
  EXPECT_NE(error_of("!any"), "none");
  EXPECT_EQ(error_of("[192.0.2.1,!192.0.2.0/24]"), "no address is left in \"[192.0.2.1,!192.0.2.0/24]\"");
  EXPECT_EQ(error_of("$HOME_NETT"), "the variable $HOME_NETT is not defined");
}

TEST(AddressLists, StopAtCycles) {
  Variables variables = Variables::standard();
  variables.set_address("A", "[$B,192.0.2.1]");
  variables.set_address("B", "$A");
  EXPECT_NE(error_of("$A", variables).find("refers to itself"), std::string::npos);
}

TEST(PortLists, ReadRangesAndNegations) {
  const Variables variables = Variables::standard();
  ListResolver lists(variables);
  const auto holds = [&](const char* text, std::uint16_t port) {
    const auto set = lists.ports(text);
    EXPECT_TRUE(set.has_value()) << text;
    return set && set->contains(port);
  };
  EXPECT_TRUE(holds("1024:", 65535));
  EXPECT_FALSE(holds("1024:", 1023));
  EXPECT_TRUE(holds(":1023", 0));
  EXPECT_FALSE(holds("!80", 80));
  EXPECT_FALSE(holds("[1:100,!50]", 50));
  EXPECT_TRUE(holds("$FILE_DATA_PORTS", 80));
  EXPECT_FALSE(holds("$SHELLCODE_PORTS", 80));
  EXPECT_TRUE(lists.ports("any")->is_any());
  EXPECT_TRUE(lists.ports("0:65535")->is_any());
  for (const char* wrong : {"65536", "100:1", "http", ":", "!any", "$HOME_NET", "[80,!80]", "-1"})
    EXPECT_FALSE(lists.ports(wrong).has_value()) << wrong;
}

TEST(PortSet, AgreesWithMembershipOnRandomRanges) {
  SeededRandom random(11);
  for (int round = 0; round < 200; ++round) {
    PortSet wanted, unwanted;
    for (int i = 0; i < 6; ++i) {
      const auto a = static_cast<std::uint16_t>(random.below(200)),
                 b = static_cast<std::uint16_t>(random.below(200));
      (i < 4 ? wanted : unwanted).add({std::min(a, b), std::max(a, b)});
    }
    PortSet left = wanted;
    left.remove(unwanted);
    for (std::uint16_t port = 0; port < 200; ++port)
      ASSERT_EQ(left.contains(port), wanted.contains(port) && !unwanted.contains(port)) << "round " << round;
    ASSERT_EQ(left.complement().complement(), left);
  }
}

} // namespace
} // namespace hd
