// SPDX-License-Identifier: Apache-2.0
// An interface through libpcap: works wherever libpcap does. Its bytes are only good inside the callback, so
// they are copied into this source's own room; where that matters use af_packet.
#include "sensor/base/bytes.hpp"
#include "sensor/capture/source.hpp"

#include <pcap/pcap.h>
#include <poll.h>

#include <algorithm>
#include <cstring>

namespace hd {
namespace {

constexpr std::size_t kFrameMax = 65536;

class LibpcapSource final : public Source {
 public:
  LibpcapSource(std::string name, pcap_t* handle)
      : name_(std::move(name)), handle_(handle), room_(RawBatch::kMax * kFrameMax) {
    link_ = static_cast<std::uint16_t>(pcap_datalink(handle_));
    if (link_ == DLT_RAW) link_ = link_type::raw;
    fd_ = pcap_get_selectable_fd(handle_);
  }
  LibpcapSource(const LibpcapSource&) = delete;
  LibpcapSource& operator=(const LibpcapSource&) = delete;
  ~LibpcapSource() override { pcap_close(handle_); }

  // Without packets pcap_dispatch can block for ever in spite of its time-out (pcap_dispatch(3PCAP)): poll
  // first.
  SourceState next_batch(RawBatch& batch, int wait_ms) override {
    batch.count = 0;
    batch_ = &batch;
    if (dispatch() == 0 && wait_ms != 0 && !is_over_) {
      pollfd wait{fd_, POLLIN, 0};
      if (poll(&wait, 1, wait_ms) > 0) dispatch();
    }
    if (is_over_) return SourceState::end;
    return batch.count > 0 ? SourceState::packets : SourceState::idle;
  }
  SourceStats stats() override {
    SourceStats result;
    pcap_stat counts{};
    if (pcap_stats(handle_, &counts) == 0) {
      // 32-bit counts of libpcap wrap: the differences are added up.
      dropped_ += counts.ps_drop - last_.ps_drop;
      card_ += counts.ps_ifdrop - last_.ps_ifdrop;
      last_ = counts;
    }
    // Not ps_recv: what it counts differs by system, and on Linux it counts the loopback's packets twice.
    result.received = number_ + dropped_;
    result.lost_ring = dropped_;
    result.lost_card = card_;
    result.remark = remark_;
    return result;
  }
  std::string name() const override { return name_; }

 private:
  int dispatch() {
    const int got = pcap_dispatch(handle_, static_cast<int>(RawBatch::kMax), &LibpcapSource::on_packet,
                                  reinterpret_cast<u_char*>(this));
    if (got >= 0) return got;
    is_over_ = true;
    remark_ = pcap_geterr(handle_);
    return 0;
  }
  static void on_packet(u_char* self, const pcap_pkthdr* header, const u_char* bytes) {
    auto& source = *reinterpret_cast<LibpcapSource*>(self);
    RawBatch& batch = *source.batch_;
    if (batch.count == RawBatch::kMax) return;
    std::uint8_t* room = source.room_.data() + batch.count * kFrameMax;
    const auto caplen = static_cast<std::uint32_t>(std::min<std::size_t>(header->caplen, kFrameMax));
    std::memcpy(room, bytes, caplen);
    // Opened for nanoseconds: tv_usec holds them.
    batch.packets[batch.count++] = {.data = room,
                                    .time = {std::int64_t{header->ts.tv_sec} * kSecond + header->ts.tv_usec},
                                    .caplen = caplen,
                                    .wirelen = header->len,
                                    .number = static_cast<std::uint32_t>(++source.number_),
                                    .link = source.link_};
  }

  std::string name_;
  pcap_t* handle_;
  std::vector<std::uint8_t> room_;
  RawBatch* batch_ = nullptr;
  int fd_ = -1;
  std::uint64_t number_ = 0;
  std::uint16_t link_ = link_type::ethernet;
  bool is_over_ = false;
  pcap_stat last_ = {};
  std::uint64_t dropped_ = 0, card_ = 0;
  std::string remark_ = {};
};

struct Activation {
  int status = 0;
  std::string problem = {};  ///< empty: it runs
};

// Settings, start, filter: in the order that libpcap wants.
Activation activate(pcap_t* handle, const CaptureOptions& options) {
  char word[PCAP_ERRBUF_SIZE] = "";
  pcap_set_snaplen(handle, static_cast<int>(options.snaplen == 0 ? kFrameMax : options.snaplen));
  pcap_set_promisc(handle, options.is_promiscuous ? 1 : 0);
  pcap_set_timeout(handle, 10);
  pcap_set_buffer_size(handle,
                       static_cast<int>(std::min<std::size_t>(options.ring_bytes, std::size_t{1} << 30)));
  (void)pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
  Activation result{.status = pcap_activate(handle)};
  if (result.status < 0) {
    result.problem = std::string(pcap_statustostr(result.status)) + " (" + pcap_geterr(handle) + ")";
  } else if (pcap_setnonblock(handle, 1, word) != 0) {
    result.problem = word;
  } else if (!options.filter.empty()) {
    bpf_program program{};
    if (pcap_compile(handle, &program, options.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0 ||
        pcap_setfilter(handle, &program) != 0) {
      result.problem = pcap_geterr(handle);
    }
    pcap_freecode(&program);
  }
  return result;
}

}  // namespace

Result<std::unique_ptr<Source>> open_libpcap(const std::string& interface_name,
                                             const CaptureOptions& options) {
  char word[PCAP_ERRBUF_SIZE] = "";
  pcap_t* handle = pcap_create(interface_name.c_str(), word);
  if (handle == nullptr) return fail(ErrorCode::E4001, "cannot open " + interface_name + ": " + word);
  const Activation activation = activate(handle, options);
  if (!activation.problem.empty()) {
    pcap_close(handle);
    const bool is_permission = activation.status == PCAP_ERROR_PERM_DENIED;
    return fail({.code = is_permission ? ErrorCode::E4002 : ErrorCode::E4001,
                 .what = "cannot open " + interface_name + ": " + activation.problem,
                 .hint = is_permission ? "needs CAP_NET_RAW. The service has it; by hand use sudo." : ""});
  }
  return std::unique_ptr<Source>(std::make_unique<LibpcapSource>(interface_name, handle));
}

}  // namespace hd
