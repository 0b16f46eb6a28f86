// SPDX-License-Identifier: Apache-2.0
#include "sensor/capture/filter.hpp"

#include <linux/filter.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace hd {

struct PacketFilter::Impl {
  bpf_program program{};
  ~Impl() { pcap_freecode(&program); }
};

PacketFilter::PacketFilter() = default;
PacketFilter::~PacketFilter() = default;
PacketFilter::PacketFilter(PacketFilter&& other) noexcept = default;
PacketFilter& PacketFilter::operator=(PacketFilter&& other) noexcept = default;

Result<PacketFilter> PacketFilter::compile(const std::string& expression, std::uint16_t link_type,
                                           std::uint32_t snaplen) {
  PacketFilter filter;
  if (expression.empty()) return filter;
  pcap_t* handle = pcap_open_dead(link_type, snaplen == 0 ? 262144 : static_cast<int>(snaplen));
  filter.impl_ = std::make_unique<Impl>();
  const int result =
      pcap_compile(handle, &filter.impl_->program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN);
  const std::string word = result == 0 ? "" : pcap_geterr(handle);
  pcap_close(handle);
  if (result != 0) {
    return fail({.code = ErrorCode::E1001,
                 .what = "the filter \"" + expression + "\" cannot be compiled",
                 .why = word,
                 .hint = "The language is that of pcap-filter(7), as tcpdump uses it."});
  }
  return filter;
}

PacketFilter PacketFilter::nothing() {
  PacketFilter filter;
  filter.impl_ =
      std::make_unique<Impl>();  // an empty program: libpcap lets everything pass, so accepts() asks for it
  return filter;
}

bool PacketFilter::accepts(const RawPacket& packet) const noexcept {
  if (impl_ == nullptr) return true;
  if (impl_->program.bf_len == 0) return false;
  pcap_pkthdr header{};
  header.caplen = packet.caplen;
  header.len = packet.wirelen;
  return pcap_offline_filter(&impl_->program, &header, packet.data) != 0;
}

Result<void> PacketFilter::attach(int socket) const {
  if (impl_ == nullptr) return {};
  std::vector<sock_filter> code;
  for (unsigned i = 0; i < impl_->program.bf_len; ++i) {
    const bpf_insn& one = impl_->program.bf_insns[i];
    code.push_back({one.code, one.jt, one.jf, one.k});
  }
  if (code.empty() || code.size() > BPF_MAXINSNS)
    return fail(ErrorCode::E4001, "the filter is too long for the kernel");
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    return fail(ErrorCode::E4001,
                std::string("the kernel does not take the filter: ") + std::strerror(errno));
  }
  return {};
}

}  // namespace hd
