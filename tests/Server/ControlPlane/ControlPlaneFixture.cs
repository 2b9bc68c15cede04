using System;
using System.IO;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using Unkey.Engine;
using Unkey.Engine.Limits;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Encryption;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.Events;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;
using Unkey.Server.Tests.Events;

namespace Unkey.Server.Tests.ControlPlane;

/// <summary>A whole control plane over a real database in a directory of its own and the real engine.</summary>
internal sealed class ControlPlaneFixture : IAsyncDisposable
{
    private const int Buckets = 4_096;

    private int _requests;
    private bool _isOpen;

    private ControlPlaneFixture()
    {
    }

    public string Directory { get; } = Path.Combine(Path.GetTempPath(), "unkey-cp-" + Guid.NewGuid().ToString("N"));

    public SettableClock Clock { get; } = new();

    public EngineState Engine { get; private set; } = null!;

    public ControlPlaneHost Host { get; private set; } = null!;

    public string RootKey { get; private set; } = "";

    /// <summary>Whether the next start serves v1 too.</summary>
    public bool V1 { get; init; }

    /// <summary>What the events of keys would note.</summary>
    public LastUse LastUse { get; } = new();

    /// <summary>Rate-limit algorithm of the next start.</summary>
    public LimitAlgorithm Algorithm { get; set; } = LimitAlgorithm.TokenBucket;

    /// <summary>Master keys of the next start.</summary>
    public string? EncryptionKeys { get; set; }

    /// <summary>From how many keys on a stop leaves a snapshot and a start uses one; 0 for never.</summary>
    public long SnapshotKeys { get; set; }

    /// <summary>How long a stop may write a snapshot.</summary>
    public TimeSpan SnapshotTime { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>What was logged since the last opening.</summary>
    public RecordedLog Log { get; private set; } = new();

    public string WorkspaceId => Host.WorkspaceId;

    public static async Task<ControlPlaneFixture> StartAsync(string? rootKey = null, string? encryptionKeys = null, long? atMs = null, bool v1 = false)
    {
        ControlPlaneFixture fixture = new() { EncryptionKeys = encryptionKeys, V1 = v1 };
        fixture.Clock.NowMs = atMs ?? fixture.Clock.NowMs;
        await fixture.OpenAsync(rootKey);
        fixture.RootKey = rootKey ?? fixture.Host.BootstrapSecret!;
        return fixture;
    }

    public async Task OpenAsync(string? rootKey = null)
    {
        Engine = new EngineState(bucketCapacity: Buckets, algorithm: Algorithm);
        MasterKeyRing? ring = null;
        if (EncryptionKeys is not null && MasterKeyRing.Read(EncryptionKeys, out ring) is { } problem)
        {
            throw new ArgumentException(problem);
        }

        Log = new RecordedLog();
        ControlPlaneOptions options = new(Directory, rootKey) { EncryptionKeys = ring, V1 = V1, LastUse = LastUse, SnapshotKeysMin = SnapshotKeys };
        Host = await ControlPlaneHost.OpenAsync(options, Engine, new RecordedLogFactory(Log), Clock, CancellationToken.None);
        _isOpen = true;
    }

    public async Task CloseAsync()
    {
        if (_isOpen)
        {
            _isOpen = false;
            await Host.CloseAsync(SnapshotTime);
            Engine.Dispose();
        }
    }

    public async Task RestartAsync(string? rootKey = null)
    {
        await CloseAsync();
        await OpenAsync(rootKey);
    }

    public async Task<Answer> PostAsync(
        string operation,
        string body,
        string? bearer = null,
        string? authorization = null,
        string? contentType = "application/json",
        string? accept = null,
        string address = "203.0.113.7",
        bool withoutAuthorization = false)
    {
        ColdResponse response = await Host.Router.HandleAsync(new ColdRequest
        {
            Path = "/v2/" + operation,
            Method = "POST",
            Authorization = withoutAuthorization ? null : authorization ?? "Bearer " + (bearer ?? RootKey),
            ContentType = contentType,
            Accept = accept,
            PeerAddress = address,
            Body = Encoding.UTF8.GetBytes(body),
            RequestId = $"req_{Interlocked.Increment(ref _requests):D9}",
        });
        return new Answer(response.Status, response.ContentType, Encoding.UTF8.GetString(response.Body.Span)) { Fields = response.Fields };
    }

    /// <summary>Calls v1; a read when there is no body.</summary>
    public async Task<Answer> V1Async(string operation, string? body = null, string query = "", string? authorization = null)
    {
        ColdResponse response = await Host.Router.HandleAsync(new ColdRequest
        {
            Path = "/v1/" + operation,
            Query = query,
            Method = body is null ? "GET" : "POST",
            Authorization = authorization ?? RootKey,
            Body = Encoding.UTF8.GetBytes(body ?? ""),
            RequestId = $"req_{Interlocked.Increment(ref _requests):D9}",
        });
        return new Answer(response.Status, response.ContentType, Encoding.UTF8.GetString(response.Body.Span)) { Fields = response.Fields };
    }

    public async Task<string> CreateApiAsync(string? bearer = null) =>
        (await PostAsync("apis.createApi", """{"name":"test api"}""", bearer)).Ok().GetProperty("apiId").GetString()!;

    /// <summary>Creates a key; <paramref name="members"/> is JSON that follows the API id, starting with a comma.</summary>
    public async Task<(string Id, string Key)> CreateKeyAsync(string apiId, string members = "", string? bearer = null)
    {
        Answer answer = await PostAsync("keys.createKey", $$"""{"apiId":"{{apiId}}"{{members}}}""", bearer);
        answer.Ok();
        return (answer.Field("keyId"), answer.Field("key"));
    }

    public Task<Answer> VerifyAsync(string key, string members = "", string? bearer = null, string address = "203.0.113.7") =>
        PostAsync("keys.verifyKey", $$"""{"key":"{{key}}"{{members}}}""", bearer, address: address);

    /// <summary>A root key with any strings as permissions, also ones that no caller could hand out.</summary>
    public Task<string> RootKeyWithAsync(params string[] permissions) => SeedRootKeyAsync(WorkspaceId, permissions);

    public async Task<string> SeedRootKeyAsync(string workspaceId, params string[] permissions)
    {
        KeySecret secret = KeySecret.Create("unkey", 32);
        await WriteAsync(session => RootKeyStore.Insert(session, Host.Root, secret, workspaceId, null, null, permissions, Clock.NowMs));
        return secret.Text;
    }

    /// <summary>A second workspace and a root key with everything in it.</summary>
    public async Task<(string WorkspaceId, string RootKey)> CreateWorkspaceAsync()
    {
        Answer answer = await PostAsync("workspaces.createWorkspace", """{"name":"other"}""");
        answer.Ok();
        return (answer.Field("workspaceId"), answer.Field("rootKey"));
    }

    /// <summary>A role with permissions in the default workspace.</summary>
    public Task<string> CreateRoleAsync(string name, params string[] slugs) => WriteAsync(session =>
    {
        RoleRow role = new(Identifiers.New("role"), name, null);
        session.InsertRole(role, WorkspaceId, Folding.Key(name), Clock.NowMs);
        foreach (string slug in slugs)
        {
            PermissionRow? permission = session.FindPermissionBySlugKey(WorkspaceId, Folding.Key(slug));
            if (permission is null)
            {
                permission = new PermissionRow(Identifiers.New("perm"), slug, slug, null);
                session.InsertPermission(permission, WorkspaceId, Folding.Key(slug), Clock.NowMs);
            }

            session.LinkRolePermission(role.Id, permission.Id, Clock.NowMs);
        }

        return role.Id;
    });

    public Task<T> WriteAsync<T>(Func<StoreSession, T> work) => Host.Store.WriteAsync(work, CancellationToken.None);

    /// <summary>A key that has been created, as getKey shows it.</summary>
    public async Task<JsonElement> ShownKeyAsync(string keyId) => (await PostAsync("keys.getKey", $$"""{"keyId":"{{keyId}}"}""")).Ok();

    /// <summary>Number of audit entries of an event.</summary>
    public long CountAudit(string eventName) => (long)Scalar($"SELECT count(*) FROM audit_log WHERE event = '{eventName}'")!;

    /// <summary>Reads one value from the database file through a connection of its own.</summary>
    public object? Scalar(string sql)
    {
        using SqliteConnection connection = new($"Data Source={Path.Combine(Directory, "unkey.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
