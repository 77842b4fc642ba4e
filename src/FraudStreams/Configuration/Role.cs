namespace FraudStreams.Configuration;

/// <summary>A part of the program that can run in a process of its own.</summary>
public enum Role
{
    Simulate,
    Score,
    Alert,
    Store,
    Label,

    /// <summary>Answers over HTTP.</summary>
    Api,

    /// <summary>Judges challengers and trains them.</summary>
    Train,

    /// <summary>Fills `transactions` from a topic of others.</summary>
    Rekey,
}
