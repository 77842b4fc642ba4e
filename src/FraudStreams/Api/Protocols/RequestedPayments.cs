using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using Microsoft.AspNetCore.Http;

namespace FraudStreams.Api.Protocols;

/// <summary>The payments of a request, read as the stream reads them; and what is wrong with those that are none.</summary>
sealed class RequestedPayments : IDisposable
{
    const int MostProblems = 100;

    static readonly JsonReaderOptions s_options = new() { MaxDepth = 40 };

    readonly TransactionReader _reader;
    readonly ImmutableArray<RowProblem>.Builder _problems = ImmutableArray.CreateBuilder<RowProblem>();
    readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    int _count;
    int _wrong;

    readonly bool _givesIds;
    readonly CardTokens? _tokens;

    /// <param name="givesIds">Whether a payment may lack its id where the schema's data has none either: then it is given one for this request.</param>
    /// <param name="tokens">What cards are replaced with before anything reads them; null: they stay as they come.</param>
    public RequestedPayments(TransactionReader reader, bool givesIds, CardTokens? tokens = null)
    {
        _tokens = tokens;
        _reader = reader;
        _givesIds = givesIds && reader.Schema.Roles.IdFromRow;
        Rows = new TransactionRows(reader.Schema, 16);
    }

    public TransactionRows Rows { get; }

    public TransactionSchema Schema => _reader.Schema;

    /// <summary>A JSON array of payments, or one.</summary>
    /// <exception cref="RequestException">The request is neither, or a payment of it cannot be scored.</exception>
    public void ReadJson(ReadOnlySpan<byte> body)
    {
        var json = new Utf8JsonReader(body, s_options);
        try
        {
            if (!json.Read() || json.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
                throw NoPayments("it is neither a JSON object, one payment, nor an array of them");
            ReadPayments(ref json, body);
            if (json.Read())
                throw NoPayments("something follows the payments");
        }
        catch (JsonException)
        {
            throw NoPayments($"it is not JSON after its byte {json.BytesConsumed:N0}");
        }

        Check();
    }

    /// <summary>The payments of the array, or the payment, at which the reader is.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public void ReadPayments(ref Utf8JsonReader json, ReadOnlySpan<byte> body)
    {
        if (json.TokenType == JsonTokenType.StartObject)
        {
            ReadPayment(ref json, body);
            return;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            ReadPayment(ref json, body);
    }

    /// <summary>Takes the next payment: a JSON object.</summary>
    public void Add(ReadOnlySpan<byte> payment)
    {
        var row = _count++;
        if (_tokens is not null)
            payment = _tokens.Replace(payment, out _);
        var reason = _reader.Read(payment, Rows);
        if (_givesIds && reason is { Code: RejectCodes.MissingField } && reason.Message.StartsWith($"{Schema.Roles.Id}: ", StringComparison.Ordinal))
            reason = _reader.Read(WithId(payment, row), Rows);
        if (reason is not null)
        {
            Refuse(row, reason);
            return;
        }

        var id = Encoding.UTF8.GetString(Rows.Id(Rows.Count - 1));
        if (!_ids.TryAdd(id, row))
            Refuse(new RowProblem(row, Schema.Roles.Id, "duplicate-id", $"is the id of row {_ids[id]} too"));
    }

    /// <summary>The next payment is none.</summary>
    public void Refuse(RejectReason reason) => Refuse(_count++, reason);

    /// <exception cref="RequestException">A payment cannot be scored, or there is none.</exception>
    public void Check()
    {
        if (_wrong > 0)
        {
            throw new RequestException(
                StatusCodes.Status400BadRequest, "payments", "Payments that cannot be scored",
                $"{_wrong:N0} of {_count:N0} payments cannot be scored, and none was. The first: {_problems[0]}", _problems.ToImmutable());
        }

        if (_count == 0)
            throw NoPayments("it holds no payment");
    }

    public void Dispose() => Rows.Dispose();

    public static RequestException NoPayments(string why) => new(StatusCodes.Status400BadRequest, "no-payments", "Not a list of payments", $"The request cannot be read: {why}.");

    byte[] WithId(ReadOnlySpan<byte> payment, int row)
    {
        var fields = payment[(payment.IndexOf((byte)'{') + 1)..];
        return [.. Encoding.UTF8.GetBytes($$"""{"{{JsonEncodedText.Encode(Schema.Roles.Id)}}":"request:{{row}}","""), .. fields];
    }

    void ReadPayment(ref Utf8JsonReader json, ReadOnlySpan<byte> body)
    {
        var from = (int)json.TokenStartIndex;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            Refuse(_count++, new RejectReason(RejectCodes.NotAnObject, "is not a JSON object"));
            return;
        }

        json.Skip();
        Add(body[from..(int)json.BytesConsumed]);
    }

    void Refuse(int row, RejectReason reason)
    {
        var (field, message) = RejectMessage.Of(reason, Schema);
        Refuse(new RowProblem(row, field, reason.Code, message));
    }

    void Refuse(RowProblem problem)
    {
        _wrong++;
        if (_problems.Count < MostProblems)
            _problems.Add(problem);
    }
}
