// SPDX-License-Identifier: Apache-2.0
// The shapes of what the API answers. A test compares them with what the running server writes.
#include "collector/api/route.hpp"

namespace hd::api {
namespace {

constexpr std::string_view kIncidentStates = "open|acknowledged|confirmed|contained|recovering|closed|rejected|merged";

constexpr FieldRow kRefusal[] = {{.name = "error", .type = "Fault"}};
constexpr FieldRow kFault[] = {{.name = "code", .type = "string", .summary = "stable, HD-…"},
                               {.name = "vi", .type = "string"},
                               {.name = "en", .type = "string"},
                               {.name = "field", .type = "string", .is_required = false},
                               {.name = "lacks", .type = "[Lack]", .is_required = false}};
constexpr FieldRow kLack[] = {{.name = "field", .type = "string"}, {.name = "vi", .type = "string"}, {.name = "en", .type = "string"}};
constexpr FieldRow kDone[] = {{.name = "as_of", .type = "time"}};

constexpr FieldRow kMe[] = {{.name = "as_of", .type = "time"},       {.name = "user", .type = "string"},    {.name = "full_name", .type = "string"},
                            {.name = "role", .type = "viewer|analyst|admin"}, {.name = "csrf", .type = "string", .summary = "for the header X-CSRF-Token"},
                            {.name = "has_password", .type = "boolean"}, {.name = "version", .type = "string"}};

constexpr FieldRow kGroup[] = {{.name = "id", .type = "integer"},
                               {.name = "gid", .type = "integer"},
                               {.name = "sid", .type = "integer"},
                               {.name = "signature", .type = "string"},
                               {.name = "title_vi", .type = "string"},
                               {.name = "title_en", .type = "string"},
                               {.name = "category", .type = "string"},
                               {.name = "technique", .type = "string"},
                               {.name = "kind", .type = "string"},
                               {.name = "severity", .type = "integer", .summary = "1 very high to 4 low"},
                               {.name = "attacker", .type = "string", .summary = "\"*\": several"},
                               {.name = "victim", .type = "string"},
                               {.name = "sensor", .type = "string"},
                               {.name = "system", .type = "string"},
                               {.name = "system_level", .type = "integer"},
                               {.name = "first", .type = "time"},
                               {.name = "last", .type = "time"},
                               {.name = "arrived", .type = "time", .summary = "of the first alert, at the collector"},
                               {.name = "count", .type = "integer"},
                               {.name = "state", .type = "undecided|incident|dismissed"},
                               {.name = "decided_by", .type = "string"},
                               {.name = "reason", .type = "string"},
                               {.name = "decided_at", .type = "time", .is_required = false},
                               {.name = "owner", .type = "string"},
                               {.name = "owner_name", .type = "string"},
                               {.name = "incident", .type = "string", .summary = "number, or empty"},
                               {.name = "version", .type = "integer"},
                               {.name = "sources", .type = "integer", .summary = "different ones among the newest alerts"},
                               {.name = "targets", .type = "integer"},
                               {.name = "is_partial", .type = "boolean", .summary = "sources, targets and hours are of the newest 200 alerts only"},
                               {.name = "hours", .type = "[integer]", .summary = "alerts in each of the last 24 hours, oldest first"}};
constexpr FieldRow kGroupList[] = {{.name = "as_of", .type = "time"},
                                   {.name = "groups", .type = "[Group]"},
                                   {.name = "is_partial", .type = "boolean", .summary = "there are more than the limit"},
                                   {.name = "took_ms", .type = "integer"}};
constexpr FieldRow kGroupDetail[] = {{.name = "as_of", .type = "time"},
                                     {.name = "group", .type = "Group"},
                                     {.name = "samples", .type = "[Alert]", .summary = "newest first"},
                                     {.name = "related", .type = "Related", .summary = "an open incident with the same host", .is_required = false}};
constexpr FieldRow kRelated[] = {{.name = "number", .type = "string"}, {.name = "title", .type = "string"}, {.name = "opened", .type = "time"}};
constexpr FieldRow kAlert[] = {{.name = "id", .type = "integer"},      {.name = "group", .type = "integer"},
                               {.name = "number", .type = "integer"},  {.name = "sid", .type = "integer"},
                               {.name = "severity", .type = "integer"}, {.name = "packet_time", .type = "time"},
                               {.name = "basis", .type = "time"},      {.name = "arrived", .type = "time"},
                               {.name = "is_corrected", .type = "boolean", .summary = "false: the packet's time is uncertain, arrival counts"},
                               {.name = "eve", .type = "any", .summary = "the EVE record as the sensor wrote it"}};
constexpr FieldRow kAlertDetail[] = {{.name = "as_of", .type = "time"}, {.name = "alert", .type = "Alert"}};

constexpr FieldRow kDuty[] = {{.name = "pack", .type = "string"},     {.name = "pack_version", .type = "string"}, {.name = "id", .type = "string"},
                              {.name = "title_vi", .type = "string"}, {.name = "title_en", .type = "string"},     {.name = "form", .type = "string"},
                              {.name = "state", .type = "pending|running|satisfied|late|satisfied_late"},
                              {.name = "start", .type = "any", .summary = "time or null"},
                              {.name = "due", .type = "any", .summary = "time or null"},
                              {.name = "satisfied_at", .type = "any", .summary = "time or null"},
                              {.name = "warnings", .type = "[time]"}, {.name = "is_provisional", .type = "boolean"}};
constexpr FieldRow kOpenDuty[] = {{.name = "incident", .type = "string"}, {.name = "title", .type = "string"}, {.name = "severity", .type = "integer"}, {.name = "duty", .type = "Duty"}};
constexpr FieldRow kDutyList[] = {{.name = "as_of", .type = "time"}, {.name = "duties", .type = "[OpenDuty]", .summary = "the soonest due first"}};

constexpr FieldRow kIncident[] = {{.name = "number", .type = "string"},       {.name = "title", .type = "string"},
                                  {.name = "summary", .type = "string"},      {.name = "kind", .type = "string"},
                                  {.name = "kind_vi", .type = "string"},      {.name = "kind_en", .type = "string"},
                                  {.name = "severity", .type = "integer"},    {.name = "state", .type = kIncidentStates},
                                  {.name = "state_since", .type = "time"},    {.name = "opened", .type = "time"},
                                  {.name = "t0", .type = "time", .summary = "detected at: the legal clocks run from here"},
                                  {.name = "t0_basis", .type = "string"},     {.name = "owner", .type = "string"},
                                  {.name = "owner_name", .type = "string"},   {.name = "opened_by", .type = "string"},
                                  {.name = "is_provisional", .type = "boolean", .summary = "opened by the machine, not confirmed by a person"},
                                  {.name = "system", .type = "string"},       {.name = "system_level", .type = "integer"},
                                  {.name = "attacker", .type = "string"},     {.name = "victim", .type = "string"},
                                  {.name = "cause", .type = "string"},        {.name = "measures", .type = "string"},
                                  {.name = "lessons", .type = "string"},      {.name = "contained_at", .type = "any"},
                                  {.name = "response_ended", .type = "any"},  {.name = "reported_at", .type = "any"},
                                  {.name = "report_proof", .type = "string"}, {.name = "alerts", .type = "integer"},
                                  {.name = "groups", .type = "integer"},      {.name = "version", .type = "integer"},
                                  {.name = "next", .type = "any", .summary = "the Duty due next, or null"}};
constexpr FieldRow kIncidentList[] = {{.name = "as_of", .type = "time"}, {.name = "incidents", .type = "[Incident]"}, {.name = "is_partial", .type = "boolean"}};
constexpr FieldRow kEntry[] = {{.name = "sequence", .type = "integer"}, {.name = "at", .type = "time"},
                               {.name = "kind", .type = "string"},      {.name = "author", .type = "string"},
                               {.name = "author_name", .type = "string"},
                               {.name = "body", .type = "string", .summary = "a person's text, or a JSON object of the machine"},
                               {.name = "hash", .type = "string"}};
constexpr FieldRow kChain[] = {{.name = "is_intact", .type = "boolean"}, {.name = "entries", .type = "integer"}, {.name = "broken_at", .type = "integer", .summary = "0: nowhere"}};
constexpr FieldRow kMove[] = {{.name = "to", .type = kIncidentStates}, {.name = "lacks", .type = "[Lack]", .summary = "empty: it may be made now"}};
constexpr FieldRow kObserved[] = {{.name = "type", .type = "string"}, {.name = "value", .type = "string"}, {.name = "count", .type = "integer"}};
constexpr FieldRow kKind[] = {{.name = "id", .type = "string"}, {.name = "vi", .type = "string"}, {.name = "en", .type = "string"}};
constexpr FieldRow kIncidentDetail[] = {{.name = "as_of", .type = "time"},         {.name = "incident", .type = "Incident"}, {.name = "duties", .type = "[Duty]"},
                                        {.name = "timeline", .type = "[Entry]", .summary = "oldest first"},
                                        {.name = "chain", .type = "Chain"},        {.name = "groups", .type = "[Group]"},    {.name = "moves", .type = "[Move]"},
                                        {.name = "observables", .type = "[Observed]"}, {.name = "kinds", .type = "[Kind]"}};
constexpr FieldRow kTimeline[] = {{.name = "as_of", .type = "time"}, {.name = "timeline", .type = "[Entry]"}, {.name = "chain", .type = "Chain"}};
constexpr FieldRow kIncidentAnswer[] = {{.name = "as_of", .type = "time"}, {.name = "incident", .type = "Incident"}};

constexpr FieldRow kHealth[] = {{.name = "packets", .type = "integer"},       {.name = "bytes", .type = "integer"},
                                {.name = "inspected", .type = "integer"},     {.name = "shunted", .type = "integer"},
                                {.name = "filtered", .type = "integer"},      {.name = "lost_card", .type = "integer"},
                                {.name = "lost_ring", .type = "integer"},     {.name = "lost_sensor", .type = "integer"},
                                {.name = "sums", .type = "boolean", .summary = "the six fates sum to packets"},
                                {.name = "one_way_ratio", .type = "number"},  {.name = "missed_bytes_ratio", .type = "number"},
                                {.name = "bits_per_second", .type = "number", .summary = "mean since the sensor started"},
                                {.name = "packets_per_second", .type = "number"}, {.name = "up_seconds", .type = "number"},
                                {.name = "status", .type = "any", .summary = "haidang.status/1 as the sensor sent it"}};
constexpr FieldRow kSensor[] = {{.name = "name", .type = "string"},    {.name = "site", .type = "string"},   {.name = "state", .type = "string"},
                                {.name = "word", .type = "normal|doubtful|loss|one_way|isolated|overloaded|blind|stopped|silent|new|waiting|revoked"},
                                {.name = "key", .type = "string"},     {.name = "software", .type = "string"}, {.name = "created", .type = "time"},
                                {.name = "last_seen", .type = "time", .is_required = false},
                                {.name = "stored", .type = "integer"}, {.name = "shed", .type = "integer"},  {.name = "pending", .type = "integer"},
                                {.name = "health", .type = "any", .summary = "Health, or null before the first status"}};
constexpr FieldRow kSensorList[] = {{.name = "as_of", .type = "time"}, {.name = "sensors", .type = "[Sensor]"}};
constexpr FieldRow kSensorDetail[] = {{.name = "as_of", .type = "time"}, {.name = "sensor", .type = "Sensor"}};
constexpr FieldRow kLedger[] = {{.name = "as_of", .type = "time"},    {.name = "generated", .type = "integer"}, {.name = "stored", .type = "integer"},
                                {.name = "shed", .type = "integer"},  {.name = "pending", .type = "integer"},   {.name = "lanes", .type = "integer"},
                                {.name = "violations", .type = "[string]"}, {.name = "unknown", .type = "[string]"}};

constexpr FieldRow kUser[] = {{.name = "name", .type = "string"}, {.name = "full_name", .type = "string"}, {.name = "role", .type = "viewer|analyst|admin"},
                              {.name = "is_disabled", .type = "boolean"}, {.name = "has_password", .type = "boolean"}, {.name = "created", .type = "time"}};
constexpr FieldRow kUserList[] = {{.name = "as_of", .type = "time"}, {.name = "users", .type = "[User]"}};
constexpr FieldRow kUserAnswer[] = {{.name = "as_of", .type = "time"}, {.name = "user", .type = "User"}};
constexpr FieldRow kPerson[] = {{.name = "name", .type = "string"}, {.name = "full_name", .type = "string"}, {.name = "role", .type = "viewer|analyst|admin"}};
constexpr FieldRow kPersonList[] = {{.name = "as_of", .type = "time"}, {.name = "people", .type = "[Person]"}};
constexpr FieldRow kLink[] = {{.name = "as_of", .type = "time"}, {.name = "path", .type = "string", .summary = "shown once"}, {.name = "until", .type = "time"}};

constexpr FieldRow kStatus[] = {{.name = "as_of", .type = "time"},
                                {.name = "version", .type = "string"},
                                {.name = "up_seconds", .type = "number"},
                                {.name = "alerts", .type = "integer"},
                                {.name = "undecided", .type = "integer", .summary = "alert groups that wait for a decision"},
                                {.name = "undecided_by_severity", .type = "[integer]", .summary = "1 very high first"},
                                {.name = "incidents_open", .type = "integer"},
                                {.name = "sensors", .type = "integer"},
                                {.name = "sensors_attention", .type = "integer", .summary = "not normal"},
                                {.name = "last_change", .type = "integer"}};

constexpr SchemaRow kSchemas[] = {
    {.name = "Refusal", .summary = "an error", .fields = kRefusal},
    {.name = "Fault", .fields = kFault},
    {.name = "Lack", .summary = "one thing that is missing", .fields = kLack},
    {.name = "Done", .fields = kDone},
    {.name = "Me", .fields = kMe},
    {.name = "Group", .summary = "alerts that are one thing to decide", .fields = kGroup},
    {.name = "GroupList", .fields = kGroupList},
    {.name = "GroupDetail", .fields = kGroupDetail},
    {.name = "Related", .fields = kRelated},
    {.name = "Alert", .fields = kAlert},
    {.name = "AlertDetail", .fields = kAlertDetail},
    {.name = "Duty", .summary = "one thing owed to one addressee by one moment", .fields = kDuty},
    {.name = "OpenDuty", .fields = kOpenDuty},
    {.name = "DutyList", .fields = kDutyList},
    {.name = "Incident", .fields = kIncident},
    {.name = "IncidentList", .fields = kIncidentList},
    {.name = "Entry", .summary = "an entry of the timeline; append-only", .fields = kEntry},
    {.name = "Chain", .summary = "the hash chain over the entries, checked now", .fields = kChain},
    {.name = "Move", .summary = "a state that can be reached", .fields = kMove},
    {.name = "Observed", .fields = kObserved},
    {.name = "Kind", .fields = kKind},
    {.name = "IncidentDetail", .fields = kIncidentDetail},
    {.name = "Timeline", .fields = kTimeline},
    {.name = "IncidentAnswer", .fields = kIncidentAnswer},
    {.name = "Health", .summary = "the ledger of packets, summed over the sources", .fields = kHealth},
    {.name = "Sensor", .fields = kSensor},
    {.name = "SensorList", .fields = kSensorList},
    {.name = "SensorDetail", .fields = kSensorDetail},
    {.name = "Ledger", .summary = "generated = stored + shed + pending", .fields = kLedger},
    {.name = "User", .fields = kUser},
    {.name = "UserList", .fields = kUserList},
    {.name = "UserAnswer", .fields = kUserAnswer},
    {.name = "Person", .fields = kPerson},
    {.name = "PersonList", .fields = kPersonList},
    {.name = "Link", .fields = kLink},
    {.name = "Status", .fields = kStatus},
};

}  // namespace

std::span<const SchemaRow> schemas() { return kSchemas; }

}  // namespace hd::api
