// SPDX-License-Identifier: Apache-2.0
// The EVE object "smtp", with "email" inside it.
#include "sensor/protocols/smtp/buffers.hpp"
#include "sensor/protocols/smtp/tx.hpp"

namespace hd::protocol::smtp {
namespace {

void put_header(RecordSink& sink, const Mail& mail, std::string_view header, std::string_view key) noexcept {
  if (const MailHeader* one = mail.find(header); one != nullptr) sink.text(key, one->value);
}

}  // namespace

void record(const Transaction& tx, RecordSink& sink) noexcept {
  const SmtpTx& its = tx.part<SmtpTx>();
  if (!its.helo.empty()) sink.text("helo", its.helo);
  if (!its.mail_from.empty()) sink.text("mail_from", its.mail_from);
  if (its.recipient_count > 0) {
    sink.begin_array("rcpt_to");
    for (std::size_t i = 0; i < its.recipient_count; ++i) sink.text({}, its.recipients[i]);
    sink.end_array();
  }
  if (its.mail == nullptr) return;
  sink.begin_object("email");
  put_header(sink, *its.mail, "from", "from");
  put_header(sink, *its.mail, "to", "to");
  put_header(sink, *its.mail, "cc", "cc");
  put_header(sink, *its.mail, "subject", "subject");
  put_header(sink, *its.mail, "date", "date");
  put_header(sink, *its.mail, "message-id", "message_id");
  put_header(sink, *its.mail, "x-mailer", "x_mailer");
  if (!its.mail->url(0).empty()) {
    sink.begin_array("url");
    for (unsigned i = 0; !its.mail->url(i).empty(); ++i) sink.text({}, its.mail->url(i));
    sink.end_array();
  }
  sink.end_object();
}

}  // namespace hd::protocol::smtp
