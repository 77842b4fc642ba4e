using System.Collections.Immutable;

namespace FraudStreams.Alerting.Outbox;

/// <summary>This host has the partition: its alerts are sent from here.</summary>
sealed record OpenOutbox(int Partition);

/// <summary>This host has it no more: what is under way is finished and noted, and nothing more is sent.</summary>
sealed record CloseOutbox(int Partition);

/// <summary>The same for all of them; answered with <see cref="OutboxesClosed"/>.</summary>
sealed record CloseOutboxes;

sealed record OutboxesClosed;

/// <summary>To be answered with <see cref="AlertsEnqueued"/> once they are in the journal, or with <see cref="OutboxFull"/>.</summary>
sealed record EnqueueAlerts(int Partition, ImmutableArray<Alert> Alerts);

/// <summary>They will go out whatever happens. Those of transactions that were alerted before are not raised again.</summary>
sealed record AlertsEnqueued;

/// <summary>Not now, try again: the desk is being opened, or as many alerts wait as may.</summary>
sealed record OutboxFull;

/// <summary>The input is at its end: alerts wait for others of their card no longer.</summary>
sealed record FlushDigests;
