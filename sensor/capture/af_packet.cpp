// SPDX-License-Identifier: Apache-2.0
// An interface through a TPACKET_V3 ring (packet(7), Linux Documentation/networking/packet_mmap): packets are
// read where the kernel put them, a block at a time; a block goes back when its last packet was inspected.
#include "sensor/base/bytes.hpp"
#include "sensor/capture/card.hpp"
#include "sensor/capture/fanout.hpp"
#include "sensor/capture/filter.hpp"
#include "sensor/capture/source.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace hd {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr unsigned kRetireMs = 10;
static_assert(sizeof(tpacket3_hdr) == 48);  // the sender's address lies behind it

std::string reason() {
  return std::strerror(errno);
}

class AfPacketSource final : public Source {
 public:
  explicit AfPacketSource(std::string name) : name_(std::move(name)) {}
  AfPacketSource(const AfPacketSource&) = delete;
  AfPacketSource& operator=(const AfPacketSource&) = delete;
  ~AfPacketSource() override {
    if (ring_ != nullptr) munmap(ring_, kBlock * blocks_);
    if (socket_ >= 0) close(socket_);
  }

  Result<void> open(const CaptureOptions& options) {
    snaplen_ = options.snaplen;
    counts_card_ = options.counts_card;
    socket_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
      const bool is_permission = errno == EPERM || errno == EACCES;
      return fail({.code = is_permission ? ErrorCode::E4002 : ErrorCode::E4001,
                   .what = "cannot open " + name_ + ": " + reason(),
                   .hint = is_permission ? "needs CAP_NET_RAW. The service has it; by hand use sudo, "
                                           "or:\nsystemctl start haidang-sensor"
                                         : ""});
    }
    index_ = if_nametoindex(name_.c_str());
    if (index_ == 0)
      return fail({.code = ErrorCode::E4001,
                   .what = "there is no interface " + name_,
                   .hint = "ip link shows those that there are."});
    const int version = TPACKET_V3;
    if (setsockopt(socket_, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0)
      return fail(ErrorCode::E4001, "the kernel has no TPACKET_V3: " + reason());
    auto filter = PacketFilter::compile(options.filter, link_type::ethernet, options.snaplen);
    if (!filter) return fail(std::move(filter.error()));
    // Closed until the socket is in its group: a packet that came between would be seen by each worker.
    if (auto done = close_gate(); !done) return done;
    if (auto done = make_ring(options.ring_bytes); !done) return done;
    if (auto done = bind_to(options); !done) return done;
    if (options.fanout_group != 0) {
      if (auto done = join_group(options); !done) return done;
    }
    return open_gate(options.filter.empty() ? nullptr : &*filter);
  }

  SourceState next_batch(RawBatch& batch, int wait_ms) override {
    batch.count = 0;
    give_back();
    if (left_ == 0 && !next_block() && !wait_for_block(wait_ms))
      return is_gone_ ? SourceState::end : SourceState::idle;
    // At most one block a batch: its bytes must stay until the batch is done.
    while (left_ > 0 && batch.count < RawBatch::kMax) {
      if (take(batch.packets[batch.count])) ++batch.count;
    }
    return batch.count > 0 ? SourceState::packets : SourceState::idle;
  }

  // The kernel's counts start anew at each reading.
  SourceStats stats() override {
    tpacket_stats_v3 now{};
    socklen_t size = sizeof now;
    if (socket_ >= 0 && getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &now, &size) == 0) {
      total_.received += now.tp_packets;  // those dropped among them
      total_.lost_ring += now.tp_drops;
      total_.freezes += now.tp_freeze_q_cnt;
    }
    if (counts_card_) total_.lost_card = card_losses(name_) - card_at_start_;
    return total_;
  }
  std::string name() const override { return name_; }

 private:
  Result<void> make_ring(std::size_t bytes) {
    blocks_ = std::max<std::size_t>(bytes / kBlock, 4);
    tpacket_req3 request{};
    request.tp_block_size = kBlock;
    request.tp_block_nr = static_cast<unsigned>(blocks_);
    request.tp_frame_size = 2048;
    request.tp_frame_nr = static_cast<unsigned>(kBlock / 2048 * blocks_);
    request.tp_retire_blk_tov = kRetireMs;
    if (setsockopt(socket_, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0)
      return fail(ErrorCode::E4001, "no room for a ring of " + std::to_string(blocks_) + " MiB: " + reason());
    void* mapped = mmap(nullptr, kBlock * blocks_, PROT_READ | PROT_WRITE, MAP_SHARED, socket_, 0);
    if (mapped == MAP_FAILED)
      return fail(ErrorCode::E4001, "cannot map the ring of " + name_ + ": " + reason());
    ring_ = static_cast<std::uint8_t*>(mapped);
    return {};
  }

  Result<void> close_gate() {
    sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog program{1, &nothing};
    if (setsockopt(socket_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
      return fail(ErrorCode::E4001, "the kernel takes no filter: " + reason());
    return {};
  }

  // `filter`: nullptr for all packets.
  Result<void> open_gate(const PacketFilter* filter) {
    if (filter != nullptr) return filter->attach(socket_);
    const int unused = 0;
    if (setsockopt(socket_, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) != 0)
      return fail(ErrorCode::E4001, "the kernel keeps the filter: " + reason());
    return {};
  }

  Result<void> bind_to(const CaptureOptions& options) {
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(index_);
    if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return fail(ErrorCode::E4001, "cannot bind to " + name_ + ": " + reason());
    if (options.is_promiscuous) {
      packet_mreq membership{};
      membership.mr_ifindex = static_cast<int>(index_);
      membership.mr_type = PACKET_MR_PROMISC;
      if (setsockopt(socket_, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) != 0)
        return fail(ErrorCode::E4001, name_ + " does not go promiscuous: " + reason());
    }
    sockaddr_ll bound{};
    socklen_t size = sizeof bound;
    if (getsockname(socket_, reinterpret_cast<sockaddr*>(&bound), &size) == 0) {
      const bool is_without_link = bound.sll_hatype == ARPHRD_NONE || bound.sll_hatype == ARPHRD_TUNNEL ||
                                   bound.sll_hatype == ARPHRD_TUNNEL6 || bound.sll_hatype == ARPHRD_SIT ||
                                   bound.sll_hatype == ARPHRD_IPGRE || bound.sll_hatype == ARPHRD_PPP;
      if (is_without_link) link_ = link_type::raw;
      is_loopback_ = bound.sll_hatype == ARPHRD_LOOPBACK;
    }
    card_at_start_ = card_losses(name_);
    return {};
  }

  // With our own program: the kernel's hash would put fragments together before we see them, so that packets on the wire
  // and packets captured were not the same.
  Result<void> join_group(const CaptureOptions& options) {
    const unsigned mode = options.fanout_by_queue ? PACKET_FANOUT_QM : PACKET_FANOUT_CBPF;
    const auto argument = static_cast<int>(options.fanout_group | mode << 16);
    if (setsockopt(socket_, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) != 0)
      return fail(ErrorCode::E4001, "the fanout of " + name_ + " is refused: " + reason());
    if (options.fanout_by_queue) return {};
    auto code = fanout_program(link_ == link_type::raw ? FanoutStart::kernel_raw : FanoutStart::kernel_ethernet, options.fanout_seed);
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    if (setsockopt(socket_, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof program) != 0)
      return fail(ErrorCode::E4001, "the kernel does not take the fanout's program: " + reason());
    return {};
  }

  [[nodiscard]] tpacket_block_desc* block(std::size_t number) {
    return reinterpret_cast<tpacket_block_desc*>(ring_ + number * kBlock);
  }

  bool next_block() {
    // Blocks without packets are given back at once; there are at most as many as the ring has.
    for (std::size_t tried = 0; tried < blocks_; ++tried) {
      tpacket_block_desc* at = block(current_);
      // Written by the kernel when it has filled the block.
      if ((__atomic_load_n(&at->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) return false;
      holds_block_ = true;
      left_ = at->hdr.bh1.num_pkts;
      next_ = reinterpret_cast<const std::uint8_t*>(at) + at->hdr.bh1.offset_to_first_pkt;
      if (left_ > 0) return true;
      give_back();
    }
    return false;
  }

  bool wait_for_block(int wait_ms) {
    if (wait_ms == 0) return false;
    pollfd wait{socket_, POLLIN | POLLERR, 0};
    if (poll(&wait, 1, wait_ms) <= 0) return false;
    if ((wait.revents & POLLERR) != 0) {
      int problem = 0;
      socklen_t size = sizeof problem;
      (void)getsockopt(socket_, SOL_SOCKET, SO_ERROR, &problem, &size);
      // An interface that is down may come up again; one that was taken away does not.
      is_gone_ = problem != 0 && if_nametoindex(name_.c_str()) != index_;
      total_.remark = problem == 0 ? ""
                      : is_gone_   ? "the interface is gone"
                                   : std::string("the interface is down: ") + std::strerror(problem);
    }
    return next_block();
  }

  void give_back() {
    if (!holds_block_ || left_ > 0) return;
    __atomic_store_n(&block(current_)->hdr.bh1.block_status, TP_STATUS_KERNEL,
                     __ATOMIC_RELEASE);  // read by the kernel
    current_ = (current_ + 1) % blocks_;
    holds_block_ = false;
  }

  // False: a packet that the loopback shows twice, going out and coming in.
  bool take(RawPacket& packet) {
    const auto* header = reinterpret_cast<const tpacket3_hdr*>(next_);
    const auto* from = reinterpret_cast<const sockaddr_ll*>(next_ + TPACKET_ALIGN(sizeof(tpacket3_hdr)));
    const bool is_twin = is_loopback_ && from->sll_pkttype == PACKET_OUTGOING;
    packet = {.data = next_ + header->tp_mac,
              .time = {std::int64_t{header->tp_sec} * kSecond + header->tp_nsec},
              .caplen = header->tp_snaplen,
              .wirelen = header->tp_len,
              .link = link_};
    if ((header->tp_status & TP_STATUS_VLAN_VALID) != 0) {
      packet.vlan = static_cast<std::uint16_t>(header->hv1.tp_vlan_tci);
      packet.has_vlan = true;
    }
    if (snaplen_ != 0) packet.caplen = std::min(packet.caplen, snaplen_);
    next_ += header->tp_next_offset;
    --left_;
    if (is_twin) {
      ++total_.filtered;
      return false;
    }
    packet.number = ++number_;
    return true;
  }

  std::string name_;
  int socket_ = -1;
  std::uint8_t* ring_ = nullptr;
  std::size_t blocks_ = 0;
  std::size_t current_ = 0;
  bool holds_block_ = false;
  std::uint32_t left_ = 0;  // packets of the present block
  const std::uint8_t* next_ = nullptr;
  std::uint32_t number_ = 0;
  std::uint32_t snaplen_ = 0;
  std::uint16_t link_ = link_type::ethernet;
  unsigned index_ = 0;
  bool is_loopback_ = false;
  bool is_gone_ = false;
  bool counts_card_ = true;
  std::uint64_t card_at_start_ = 0;
  SourceStats total_ = {};
};

}  // namespace

Result<std::unique_ptr<Source>> open_af_packet(const std::string& interface_name,
                                               const CaptureOptions& options) {
  auto source = std::make_unique<AfPacketSource>(interface_name);
  if (auto done = source->open(options); !done) return fail(std::move(done.error()));
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace hd
