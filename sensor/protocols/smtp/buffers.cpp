// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/smtp/buffers.hpp"

#include "sensor/protocols/smtp/tx.hpp"

namespace hd::protocol::smtp {
namespace {

constexpr std::array<std::uint8_t, 2> kSender = {progress::sender, progress::sender};
constexpr std::array<std::uint8_t, 2> kEnvelope = {progress::envelope, progress::envelope};
constexpr std::array<std::uint8_t, 2> kHeaders = {progress::headers, progress::headers};
constexpr std::array<std::uint8_t, 2> kWhole = {progress::complete, progress::complete};
constexpr auto kServer = Directions::to_server;

bool give(Bytes bytes, Buffer& out) noexcept {
  out.bytes = bytes;
  return !bytes.empty();
}
bool get_helo(Transaction& tx, const BufferRequest&, Buffer& out) noexcept { return give(tx.part<SmtpTx>().helo, out); }
bool get_sender(Transaction& tx, const BufferRequest&, Buffer& out) noexcept { return give(tx.part<SmtpTx>().mail_from, out); }
bool get_recipient(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const SmtpTx& its = tx.part<SmtpTx>();
  return at.instance < its.recipient_count && give(its.recipients[at.instance], out);
}

bool give_header(Transaction& tx, std::string_view name, unsigned instance, Buffer& out) noexcept {
  const Mail* mail = tx.part<SmtpTx>().mail;
  const MailHeader* header = mail == nullptr ? nullptr : mail->find(name, instance);
  return header != nullptr && give(header->value, out);
}
template <const char* const* Name>
bool get_header(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  return give_header(tx, *Name, at.instance, out);
}
constexpr const char* kFrom = "from";
constexpr const char* kTo = "to";
constexpr const char* kCc = "cc";
constexpr const char* kSubject = "subject";
constexpr const char* kDate = "date";
constexpr const char* kMessageId = "message-id";
constexpr const char* kMailer = "x-mailer";
constexpr const char* kReceived = "received";

bool get_url(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const Mail* mail = tx.part<SmtpTx>().mail;
  return mail != nullptr && give(mail->url(at.instance), out);
}
bool get_file(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  Mail* mail = tx.part<SmtpTx>().mail;
  FileFeed* file = mail == nullptr ? nullptr : mail->file(at.instance);
  return file != nullptr && file->give(at.is_flow_end, out.bytes, out.offset, out.is_final);
}
bool get_file_name(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  Mail* mail = tx.part<SmtpTx>().mail;
  const FileFeed* file = mail == nullptr ? nullptr : mail->file(at.instance);
  return file != nullptr && give(file->name, out);
}

constexpr std::string_view kFileNames[] = {"file_data"};

}  // namespace

constinit const BufferSpec kBufferRows[] = {
    {.name = "smtp.helo", .directions = kServer, .progress = kSender, .summary = "argument of HELO or EHLO", .get = get_helo},
    {.name = "smtp.mail_from", .directions = kServer, .progress = kSender, .summary = "sender that MAIL FROM names",
     .get = get_sender},
    {.name = "smtp.rcpt_to", .directions = kServer, .progress = kEnvelope, .is_multi = true,
     .summary = "each recipient that RCPT TO names", .get = get_recipient},
    {.name = "email.from", .directions = kServer, .progress = kHeaders, .summary = "From of the mail", .get = get_header<&kFrom>},
    {.name = "email.to", .directions = kServer, .progress = kHeaders, .summary = "To of the mail", .get = get_header<&kTo>},
    {.name = "email.cc", .directions = kServer, .progress = kHeaders, .summary = "Cc of the mail", .get = get_header<&kCc>},
    {.name = "email.subject", .directions = kServer, .progress = kHeaders, .summary = "Subject of the mail",
     .get = get_header<&kSubject>},
    {.name = "email.date", .directions = kServer, .progress = kHeaders, .summary = "Date of the mail", .get = get_header<&kDate>},
    {.name = "email.message_id", .directions = kServer, .progress = kHeaders, .summary = "Message-ID of the mail",
     .get = get_header<&kMessageId>},
    {.name = "email.x_mailer", .directions = kServer, .progress = kHeaders, .summary = "X-Mailer of the mail",
     .get = get_header<&kMailer>},
    {.name = "email.received", .directions = kServer, .progress = kHeaders, .is_multi = true, .summary = "each Received of the mail",
     .get = get_header<&kReceived>},
    {.name = "email.url", .directions = kServer, .progress = kWhole, .is_multi = true,
     .summary = "each URL in the mail's text, without its scheme", .get = get_url},
    {.name = "file.data", .aliases = kFileNames, .directions = kServer, .progress = kHeaders, .is_multi = true, .is_growing = true,
     .summary = "each attached file, decoded", .get = get_file},
    {.name = "file.name", .directions = kServer, .progress = kHeaders, .is_multi = true, .is_growing = true,
     .summary = "name of each attached file", .get = get_file_name},
};

constinit const EventSpec kEventRows[] = {
#define HD_SMTP_EVENT(name, summary) {#name, summary},
#include "sensor/protocols/smtp/events.def"
#undef HD_SMTP_EVENT
};

}  // namespace hd::protocol::smtp
