using Confluent.Kafka;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// What the client library says on its own while a question to the brokers is open. The question itself only ends with "no answer in time"; why
/// (a certificate, a password, a name that cannot be resolved) is told here.
/// </summary>
sealed class LastClientError
{
    readonly Lock _gate = new();
    Error? _said;

    public void Note(Error error)
    {
        lock (_gate)
        {
            if (_said is null || Weight(error) >= Weight(_said))
                _said = error;
        }
    }

    /// <summary>The failure's own words, and what was said besides.</summary>
    public string Explain(Error failure)
    {
        lock (_gate)
            return _said is null || _said.Reason == failure.Reason ? failure.Reason : $"{failure.Reason} ({_said.Reason})";
    }

    static int Weight(Error error) => error.Code switch
    {
        ErrorCode.Local_Ssl or ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed => 2,
        ErrorCode.Local_AllBrokersDown => 0,
        _ => 1,
    };
}
