using System.Collections.Immutable;

namespace FraudStreams.Alerts;

/// <summary>This host has the partition: its alerts are sent from here.</summary>
sealed record OpenDesk(int Partition);

/// <summary>This host has it no more: what is under way is finished and noted, and nothing more is sent.</summary>
sealed record CloseDesk(int Partition);

/// <summary>The same for all of them; answered with <see cref="DesksClosed"/>.</summary>
sealed record CloseDesks;

sealed record DesksClosed;

/// <summary>To be answered with <see cref="AlertsAreRaised"/> once they are in the journal, or with <see cref="DeskIsBusy"/>.</summary>
sealed record RaiseAlerts(int Partition, ImmutableArray<Alert> Alerts);

/// <summary>They will go out whatever happens. Those of transactions that were alerted before are not raised again.</summary>
sealed record AlertsAreRaised;

/// <summary>Not now, try again: the desk is being opened, or as many alerts wait as may.</summary>
sealed record DeskIsBusy;

/// <summary>The input is at its end: alerts wait for others of their card no longer.</summary>
sealed record HurryAlerts;
