using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Confluent.SchemaRegistry;
using FraudStreams.Messaging;
using FraudStreams.Model.Avro;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Topics;

namespace FraudStreams.Rekeying;

/// <summary>How records of a registered schema are read: as Avro, as JSON, or not at all.</summary>
/// <param name="Avro">Null for JSON, which is read by its paths.</param>
/// <param name="Unreadable">Why no record of it can be read; null where they can.</param>
sealed record RegisteredForm(AvroDecoder? Avro, RejectReason? Unreadable);

/// <summary>What names a schema in the registry: a number, or where a record has it in a header mostly a GUID.</summary>
readonly record struct SchemaId(int Number, Guid? Guid = null)
{
    public override string ToString() => Guid?.ToString() ?? Number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>
/// The schemas that records name by their ids, each asked of the registry once. A record begins with a zero byte and the id, big-endian in four bytes
/// (Confluent's wire format), or has those in a header, or there a byte of one and a GUID; one that has neither is read as JSON as it is.
/// </summary>
sealed class RegistrySchemas(SchemaRegistrySettings settings, TransactionSchema schema, TimeProvider time) : IDisposable
{
    /// <summary>Bytes before the record itself, where it begins with its schema's number.</summary>
    const int Frame = 5;

    const int GuidBytes = 16;

    /// <summary>An id that is unknown now may have been registered a minute later.</summary>
    static readonly TimeSpan s_unknownHolds = TimeSpan.FromMinutes(1);

    /// <summary>Any bytes may look like an id: with so many known, those that no record can be read by are forgotten.</summary>
    const int MostForms = 10_000;

    /// <summary>The registry's codes for a subject, a version and a schema that it does not have; another 404 is not its own.</summary>
    const int UnknownSubject = 40401, UnknownVersion = 40402, UnknownSchema = 40403;

    readonly CachedSchemaRegistryClient _registry = Client(settings);
    readonly ConcurrentDictionary<SchemaId, (RegisteredForm Form, long Asked)> _forms = [];

    /// <summary>The schema's id of a record, null where it has none, and how many bytes stand before the record itself.</summary>
    public static (SchemaId? Id, int Frame) IdOf(in TopicRecord record)
    {
        ReadOnlySpan<byte> header = record.SchemaId;
        if (header.Length > GuidBytes && header[0] == 1)
            return (new SchemaId(0, new Guid(header.Slice(1, GuidBytes), bigEndian: true)), 0);
        if (NumberOf(header) is { } named)
            return (new SchemaId(named), 0);
        return NumberOf(record.Value.Span) is { } number ? (new SchemaId(number), Frame) : (null, 0);

        static int? NumberOf(ReadOnlySpan<byte> bytes) => bytes.Length >= Frame && bytes[0] == 0 ? BinaryPrimitives.ReadInt32BigEndian(bytes[1..]) : null;
    }

    /// <summary>Asks for the schemas of records that are not known yet.</summary>
    /// <exception cref="MessageLogException">The registry does not answer.</exception>
    public async Task FetchAsync(IReadOnlyList<TopicRecord> records)
    {
        var last = (SchemaId?)null;
        foreach (var record in records)
        {
            if (IdOf(record).Id is not { } id || id == last || id.Number < 0)
                continue;
            last = id;
            if (_forms.TryGetValue(id, out var known) && (known.Form.Unreadable is null || time.GetElapsedTime(known.Asked) < s_unknownHolds))
                continue;
            if (_forms.Count >= MostForms)
                ForgetUnreadable();
            _forms[id] = (await FetchAsync(id), time.GetTimestamp());
        }
    }

    /// <summary>How records of a schema are read, after it was fetched: what is not known then is no schema.</summary>
    public RegisteredForm FormOf(SchemaId id) => _forms.TryGetValue(id, out var known) ? known.Form : Unreadable($"{settings.Url} has no schema {id}");

    public void Dispose() => _registry.Dispose();

    void ForgetUnreadable()
    {
        foreach (var (id, known) in _forms)
        {
            if (known.Form.Unreadable is not null)
                _forms.TryRemove(id, out _);
        }
    }

    async Task<RegisteredForm> FetchAsync(SchemaId id)
    {
        try
        {
            var registered = await (id.Guid is { } guid ? _registry.GetSchemaByGuidAsync(guid.ToString(), null) : _registry.GetSchemaAsync(id.Number));
            return registered.SchemaType switch
            {
                SchemaType.Avro => new RegisteredForm(AvroDecoder.Create(TextOf(registered), await ReferencesAsync(registered.References, []), schema), null),
                SchemaType.Json => new RegisteredForm(null, null),
                _ => Unreadable($"schema {id} of {settings.Url} is of type {registered.SchemaType}; AVRO and JSON are read"),
            };
        }
        catch (Exception e) when (e is AvroSchemaException or ArgumentException || (e is InvalidOperationException and not ObjectDisposedException))
        {
            // The client has no exception of its own for a type that it does not know, or an answer that lacks the schema.
            return Unreadable($"schema {id} of {settings.Url} cannot be used: {e.Message}");
        }
        catch (SchemaRegistryException e) when (e.Status == HttpStatusCode.NotFound && e.ErrorCode is UnknownSubject or UnknownVersion or UnknownSchema)
        {
            return Unreadable($"{settings.Url} has no schema {id}");
        }
        catch (SchemaRegistryException e) when (e.Status == HttpStatusCode.NotFound && id.Guid is not null)
        {
            await FindSubjectsAsync(id);
            return Unreadable($"{settings.Url} answers, and knows no schemas by GUID, as {id} is one");
        }
        catch (Exception e) when (IsOutage(e))
        {
            throw NoAnswer(id, e);
        }
    }

    /// <summary>An address that is not the registry's answers 404, too; where it is, an older release of the registry has no address for GUIDs.</summary>
    async Task FindSubjectsAsync(SchemaId id)
    {
        try
        {
            await _registry.GetAllSubjectsAsync();
        }
        catch (Exception e) when (IsOutage(e))
        {
            throw NoAnswer(id, e);
        }
    }

    static bool IsOutage(Exception e) => e is HttpRequestException or TaskCanceledException or Newtonsoft.Json.JsonException;

    MessageLogException NoAnswer(SchemaId id, Exception e) => new(
        $"The schema registry at {settings.Url} gives no answer about schema {id} within {settings.Timeout.TotalSeconds:0.#} s: {e.GetBaseException().Message}", e);

    /// <summary>Each after those that it refers to itself.</summary>
    /// <param name="taken">Subjects and versions that were taken already.</param>
    async Task<ImmutableArray<string>> ReferencesAsync(IEnumerable<SchemaReference> references, HashSet<(string Subject, int Version)> taken)
    {
        var schemas = ImmutableArray.CreateBuilder<string>();
        foreach (var reference in references)
        {
            if (!taken.Add((reference.Subject, reference.Version)))
                continue;
            var referred = await _registry.GetRegisteredSchemaAsync(reference.Subject, reference.Version);
            schemas.AddRange(await ReferencesAsync(referred.References, taken));
            schemas.Add(TextOf(referred));
        }

        return schemas.ToImmutable();
    }

    static string TextOf(Schema registered) => registered.SchemaString ?? throw new AvroSchemaException("the registry's answer has no schema");

    static RegisteredForm Unreadable(string why) => new(null, new RejectReason(RejectCodes.UnknownSchema, why));

    static CachedSchemaRegistryClient Client(SchemaRegistrySettings settings)
    {
        // Tried again by the pipeline, with its pauses.
        var config = new SchemaRegistryConfig { Url = settings.Url, RequestTimeoutMs = (int)settings.Timeout.TotalMilliseconds, MaxRetries = 1 };
        if (settings.User.Length > 0)
            (config.BasicAuthCredentialsSource, config.BasicAuthUserInfo) = (AuthCredentialsSource.UserInfo, $"{settings.User}:{settings.Password.Reveal()}");
        return new CachedSchemaRegistryClient(config);
    }
}
