using Confluent.Kafka;

namespace FraudStreams.Messaging.Kafka;

/// <summary>
/// The error that the client library last reported by itself. A query to the brokers only ends with a timeout; the cause (a certificate, a password, a
/// name that cannot be resolved) is reported here.
/// </summary>
sealed class LastClientError
{
    readonly Lock _gate = new();
    Error? _last;

    public void Note(Error error)
    {
        lock (_gate)
        {
            if (_last is null || Weight(error) >= Weight(_last))
                _last = error;
        }
    }

    /// <summary>The failure's reason, followed by the client's error if it is another one.</summary>
    public string Explain(Error failure)
    {
        lock (_gate)
            return _last is null || _last.Reason == failure.Reason ? failure.Reason : $"{failure.Reason} ({_last.Reason})";
    }

    static int Weight(Error error) => error.Code switch
    {
        ErrorCode.Local_Ssl or ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed => 2,
        ErrorCode.Local_AllBrokersDown => 0,
        _ => 1,
    };
}
