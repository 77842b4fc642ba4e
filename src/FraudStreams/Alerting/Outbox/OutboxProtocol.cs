using System.Collections.Immutable;

namespace FraudStreams.Alerting.Outbox;

/// <summary>The partition is assigned to this host: its alerts are sent from here.</summary>
/// <param name="Owner">The stream of the partition. One that was restarted, or whose partition came back, owns the outbox from then on.</param>
sealed record OpenOutbox(int Partition, object Owner);

/// <summary>The partition's stream has ended: what is in flight is finished and persisted, and nothing more is sent.</summary>
/// <param name="Owner">The stream that ended: a word that comes after its successor's changes nothing.</param>
/// <param name="IsRevoked">The partition is assigned to another host; else the stream has failed, or stops.</param>
sealed record CloseOutbox(int Partition, object Owner, bool IsRevoked);

/// <summary>To the outbox itself: what <see cref="CloseOutbox"/> asks for.</summary>
sealed record FinishOutbox;

/// <summary>Closes the outboxes of all partitions; answered with <see cref="OutboxesClosed"/>.</summary>
sealed record CloseOutboxes;

sealed record OutboxesClosed;

/// <summary>Answered with <see cref="AlertsEnqueued"/> once the alerts are persisted, or with <see cref="OutboxFull"/>.</summary>
sealed record EnqueueAlerts(int Partition, ImmutableArray<Alert> Alerts);

/// <summary>The alerts are persisted and will be delivered. Alerts of transactions that were raised before are dropped as duplicates.</summary>
sealed record AlertsEnqueued;

/// <summary>Backpressure, try again: the outbox is being opened, its journal does not work, or the maximum of alerts is pending.</summary>
sealed record OutboxFull;

/// <summary>The input is at its end: alerts are no longer held back to be grouped by card.</summary>
sealed record FlushDigests;
