using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Microsoft.Data.Sqlite;
using Unkey.Engine.Keys;
using Unkey.Server.Storage.Snapshots;
using Unkey.Server.Tests.ControlPlane;
using Xunit;

namespace Unkey.Server.Tests.Storage.Snapshots;

/// <summary>A control plane that leaves a snapshot with any number of keys, with a few keys of each kind, and what its files can be turned into.</summary>
internal sealed class SnapshotScene : IAsyncDisposable
{
    private const int Loaded = 3300;
    private const int Refused = 3301;
    private const int Written = 3302;
    private const int NotWritten = 3303;

    private SnapshotScene(ControlPlaneFixture cp) => Cp = cp;

    public ControlPlaneFixture Cp { get; }

    public string Api { get; private set; } = "";

    public string SnapshotPath => Path.Combine(Cp.Directory, SnapshotWriter.FileName);

    public string DatabasePath => Path.Combine(Cp.Directory, "unkey.db");

    /// <summary>Ids and texts of keys without more than a name.</summary>
    public List<(string Id, string Key)> Plain { get; } = [];

    public (string Id, string Key) Limited { get; private set; }

    public static async Task<SnapshotScene> StartAsync(int plain = 20)
    {
        ControlPlaneFixture cp = await ControlPlaneFixture.StartAsync();
        SnapshotScene scene = new(cp) { Api = await cp.CreateApiAsync() };

        // The options of an open control plane are fixed, so it is opened anew with them.
        cp.SnapshotKeys = 1;
        await cp.RestartAsync();
        for (int i = 0; i < plain; i++)
        {
            scene.Plain.Add(await cp.CreateKeyAsync(scene.Api, $$""","name":"key {{i}}" """));
        }

        scene.Limited = await cp.CreateKeyAsync(scene.Api, ""","credits":{"remaining":7},"permissions":["doc.read"]""");
        return scene;
    }

    /// <summary>Stops, and expects a snapshot.</summary>
    public async Task StopAsync()
    {
        await Cp.CloseAsync();
        Assert.Empty(Cp.Log.Of(NotWritten));
        Assert.Single(Cp.Log.Of(Written));
        Assert.True(File.Exists(SnapshotPath));
    }

    /// <summary>Stops, and expects none.</summary>
    public async Task StopWithoutAsync(string reason)
    {
        await Cp.CloseAsync();
        Assert.Empty(Cp.Log.Of(Written));
        Assert.Contains(reason, Assert.Single(Cp.Log.Of(NotWritten)), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Cp.Directory, "unkey.snapshot*"));
    }

    /// <summary>Starts, and expects that the snapshot is used.</summary>
    public async Task StartFromSnapshotAsync()
    {
        await Cp.OpenAsync();
        Assert.Empty(Cp.Log.Of(Refused));
        Assert.Single(Cp.Log.Of(Loaded));
        Assert.Empty(Directory.GetFiles(Cp.Directory, "unkey.snapshot*"));
    }

    /// <summary>Starts, and expects that the snapshot is refused.</summary>
    public async Task StartFromDatabaseAsync(string problem)
    {
        await Cp.OpenAsync();
        Assert.Empty(Cp.Log.Of(Loaded));
        Assert.Contains(problem, Assert.Single(Cp.Log.Of(Refused)), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Cp.Directory, "unkey.snapshot*"));
    }

    public bool UsedSnapshot => Cp.Log.Of(Loaded).Length == 1;

    /// <summary>Every live key that the database has, as the table has it; null for one that the table lacks.</summary>
    public SortedDictionary<string, string?> Keys()
    {
        List<(string Id, byte[] Hash)> stored = [];
        using (SqliteConnection connection = OpenDatabase())
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "SELECT id, hash FROM keys WHERE deleted_at IS NULL";
            using SqliteDataReader rows = command.ExecuteReader();
            while (rows.Read())
            {
                stored.Add((rows.GetString(0), rows.GetFieldValue<byte[]>(1)));
            }
        }

        SortedDictionary<string, string?> keys = new(StringComparer.Ordinal);
        lock (Cp.Engine.WriterLock)
        {
            foreach ((string id, byte[] hash) in stored)
            {
                keys.Add(id, Cp.Engine.Keys.TryFind(KeyDigest.FromBytes(hash), out KeyRecord record) ? Describe(record) : null);
            }

            Assert.Equal(keys.Values.Count(static key => key is not null), Cp.Engine.Keys.Count);
        }

        return keys;
    }

    public async Task<string> CodeAsync(string key) => (await Cp.VerifyAsync(key)).Field("code");

    public void Execute(string sql)
    {
        using SqliteConnection connection = OpenDatabase();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public SqliteConnection OpenDatabase()
    {
        SqliteConnection connection = new($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        return connection;
    }

    /// <summary>Writes another header, with a right checksum.</summary>
    public void ChangeHeader(Func<SnapshotHeader, SnapshotHeader> change)
    {
        byte[] bytes = File.ReadAllBytes(SnapshotPath);
        SnapshotHeader header = SnapshotHeader.Read(bytes.AsSpan(0, SnapshotHeader.ByteCount), out string problem) ?? throw new InvalidOperationException(problem);
        change(header).ToBytes().CopyTo(bytes, 0);
        File.WriteAllBytes(SnapshotPath, bytes);
    }

    /// <summary>Makes the snapshot say that the database is as it is now, which leaves only the token to tell.</summary>
    public void ForgeState() => ChangeHeader(header => header with { Database = FileState.Read(DatabasePath)!.Value });

    public ValueTask DisposeAsync() => Cp.DisposeAsync();

    private string Describe(KeyRecord record)
    {
        StringBuilder text = new();
        text.Append($"{Encoding.UTF8.GetString(record.KeyId)} {Cp.Engine.Workspaces.Find(record.WorkspaceIndex)?.Id} {Cp.Engine.Apis.Find(record.ApiIndex)?.Id} ")
            .Append($"{record.Enabled} {record.ExpiresAtMs} {record.IsRootKey} {record.ForWorkspaceIndex} {record.HasRoles} {record.LimitCount} ")
            .Append($"{record.Credits.IsNull} {(record.Identity.IsNull ? "" : Encoding.UTF8.GetString(record.Identity.Fragment))} ")
            .Append($"{Encoding.UTF8.GetString(record.Fragment)} {Encoding.UTF8.GetString(record.LegacyFragment)}");
        for (int i = 0; i < record.PermissionCount; i++)
        {
            text.Append(' ').Append(Encoding.UTF8.GetString(record.Permission(i)));
        }

        return text.ToString();
    }
}
