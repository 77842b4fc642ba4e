using System.Text;
using FraudStreams.Access;
using FraudStreams.Access.Audit;
using FraudStreams.Access.Keys;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Tests.Messaging;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Access;

[Trait("Category", "Unit")]
public sealed class KeyLogTests : IAsyncLifetime
{
    readonly TemporaryFolder _folder = new();
    AccessTopics _topics = null!, _otherTopics = null!;
    KeyLog _one = null!, _other = null!;

    public Task InitializeAsync()
    {
        (_topics, _otherTopics) = (AccessOf.Topics(_folder), AccessOf.Topics(_folder));
        (_one, _other) = (new KeyLog(_topics, TimeProvider.System), new KeyLog(_otherTopics, TimeProvider.System));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        await _topics.DisposeAsync();
        await _otherTopics.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_card_number_in_a_reason_or_subject_is_masked_in_the_audit_log()
    {
        var audit = new AuditLog(_topics);

        await audit.AppendAsync(new AuditEntry(DateTimeOffset.UnixEpoch, "ada", "payment.unmasked", "card 4485370000007776") { Why = "she asked for 4485 3700 0000 7776" });

        var entry = (await audit.ReadAuditAsync(default)).ShouldHaveSingleItem();
        entry.Subject.ShouldBe("card ************7776");
        entry.Why.ShouldBe("she asked for **** **** **** 7776");
    }

    [Fact]
    public async Task A_key_that_one_host_makes_holds_on_another_until_it_is_revoked()
    {
        var (key, kept) = await _one.AddAsync("checkout", AccessRole.Viewer, "ada", default);

        await _other.RefreshAsync(default);
        var found = _other.Find(ApiKey.HashOf(key)).ShouldNotBeNull();
        (found.Name, found.Role, found.Prefix).ShouldBe(("checkout", AccessRole.Viewer, key[..8]));
        await _other.RevokeAsync("checkout", "bob", default);
        await _one.RefreshAsync(default);

        _one.Find(kept.Hash).ShouldBeNull();
        _one.Keys.ShouldBeEmpty();
        (await _one.ReadAuditAsync(default)).Select(entry => (entry.Actor, entry.Action, entry.Before, entry.After))
            .ShouldBe([("ada", "key.added", null, "viewer"), ("bob", "key.revoked", "viewer", null)]);
    }

    [Fact]
    public async Task A_revocation_that_was_read_holds_though_the_next_read_fails()
    {
        var interrupted = new InterruptedLog(AccessOf.Log(_folder, chunk: 1));
        await using var topics = new AccessTopics(() => interrupted, TimeProvider.System);
        await using var keys = new KeyLog(topics, TimeProvider.System);
        var (_, revoked) = await _one.AddAsync("revoked", AccessRole.Viewer, "ada", default);
        await keys.RefreshAsync(default);
        keys.Find(revoked.Hash).ShouldNotBeNull();
        await _one.RevokeAsync("revoked", "ada", default);
        var (_, next) = await _one.AddAsync("next", AccessRole.Viewer, "ada", default);

        interrupted.ChunksUntilFault = 1;
        await Should.ThrowAsync<MessageLogException>(() => keys.RefreshAsync(default));

        keys.Find(revoked.Hash).ShouldBeNull();
        await keys.RefreshAsync(default);
        keys.Find(revoked.Hash).ShouldBeNull();
        keys.Find(next.Hash).ShouldNotBeNull();
        (await keys.ReadAuditAsync(default)).Length.ShouldBe(3);
    }

    [Fact]
    public async Task Topics_that_are_away_are_opened_once_a_second_however_many_ask()
    {
        var (time, opened) = (new ManualTime(), 0);
        await using var topics = new AccessTopics(
            () =>
            {
                Interlocked.Increment(ref opened);
                throw new MessageLogException("the broker is away");
            },
            time);
        await using var keys = new KeyLog(topics, time);

        for (var second = 1; second <= 3; second++)
        {
            var faults = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Should.ThrowAsync<MessageLogException>(() => keys.FollowAsync(default))));
            faults.ShouldAllBe(fault => fault.Message == "the broker is away");
            opened.ShouldBe(second);
            time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task Of_two_names_with_one_hash_the_first_has_it()
    {
        using var records = new RecordBatch(2);
        foreach (var name in (string[])["first", "second"])
            records.Add(TopicNames.Keys, Encoding.UTF8.GetBytes(name), new KeyEvent(Guid.NewGuid(), KeyAction.Added, name, "viewer", "fsk_same", "same", "ada", DateTimeOffset.UnixEpoch).ToJson());
        await (await _topics.OpenAsync()).PublishAsync(records, default);

        await _one.RefreshAsync(default);

        _one.Find("same").ShouldNotBeNull().Name.ShouldBe("first");
        _one.Keys.Keys.ShouldBe(["first"]);
    }

    [Fact]
    public async Task Nothing_that_is_kept_holds_the_key()
    {
        var (key, _) = await _one.AddAsync("checkout", AccessRole.Admin, "ada", default);

        var kept = string.Join('\n', EmbeddedLog.ReadRecords(_folder, TopicNames.Keys).Select(record => Encoding.UTF8.GetString(record.Value.Span)));

        kept.ShouldContain(ApiKey.HashOf(key));
        kept.ShouldNotContain(key[..20]);
        key.Length.ShouldBeGreaterThan(40);
    }

    [Fact]
    public async Task Of_two_who_take_a_name_at_once_one_has_it_and_the_other_is_told()
    {
        var tries = await Task.WhenAll(TryAddAsync(_one), TryAddAsync(_other));

        tries.Count(key => key is not null).ShouldBe(1);
        await _one.RefreshAsync(default);
        _one.Find(ApiKey.HashOf(tries.Single(key => key is not null)!)).ShouldNotBeNull();
        (await Should.ThrowAsync<KeyException>(() => _one.RevokeAsync("nobody", "ada", default))).Message.ShouldContain("no key has the name nobody");
    }

    [Fact]
    public void A_role_includes_what_is_below_it_and_a_model_owner_decides_no_cases()
    {
        AccessRoles.Including(AccessRole.Viewer).Length.ShouldBe(5);
        AccessRoles.Including(AccessRole.Analyst).ShouldNotContain(AccessRole.ModelOwner);
        AccessRoles.Including(AccessRole.ModelOwner).ShouldBe([AccessRole.ModelOwner, AccessRole.Admin]);
        Enum.GetValues<AccessRole>().Select(role => AccessRoles.Find(role.Name())).ShouldBe(Enum.GetValues<AccessRole>().Select(role => (AccessRole?)role));
        AccessRoles.Find("root").ShouldBeNull();
    }

    [Fact]
    public async Task Changes_of_several_logs_come_latest_first_and_filtered()
    {
        await _one.AddAsync("maria", AccessRole.Analyst, "ada", default);
        var audit = new AuditLog(_topics);
        await audit.AppendAsync(new AuditEntry(TimeProvider.System.GetUtcNow().AddMinutes(1), "maria", "payment.unmasked", "t-1") { Why = "the bank asks" });

        var all = await AuditTrail.ReadAsync([audit, _one], new AuditFilter(), default);
        var keys = await AuditTrail.ReadAsync([audit, _one], new AuditFilter(Action: "key"), default);
        var hers = await AuditTrail.ReadAsync([audit, _one], new AuditFilter(Actor: "maria", From: TimeProvider.System.GetUtcNow().AddHours(-1)), default);

        all.Select(entry => entry.Action).ShouldBe(["payment.unmasked", "key.added"]);
        keys.ShouldHaveSingleItem().Actor.ShouldBe("ada");
        hers.ShouldHaveSingleItem().Why.ShouldBe("the bank asks");
    }

    static async Task<string?> TryAddAsync(KeyLog keys)
    {
        try
        {
            return (await Task.Run(() => keys.AddAsync("same", AccessRole.Viewer, "ada", default))).Key;
        }
        catch (KeyException)
        {
            return null;
        }
    }
}
