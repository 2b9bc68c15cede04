using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using Unkey.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Server.Tests.Storage.Snapshots;

/// <summary>A start from a snapshot makes the tables that a start from the database makes, whatever was done before and whatever is done after.</summary>
public sealed class SnapshotTests(ITestOutputHelper output)
{
    private static readonly string[] s_names =
    [
        "", "a", "caf\u00e9 \" \\ \n \ud83d\udd11", "\u0001\u001f</script>", new string('n', 255), new string('\ud7ff', 200), ",\"meta\":{}",
    ];

    [Fact]
    public async Task EveryKeyIsAsTheDatabaseMakesIt()
    {
        Random random = TestSeed.Create(output, out _);
        await using SnapshotScene scene = await SnapshotScene.StartAsync(plain: 5);
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 60; i++)
            {
                await ChangeSomethingAsync(scene, random);
            }

            await scene.StopAsync();
            await scene.StartFromSnapshotAsync();
            SortedDictionary<string, string?> fromSnapshot = scene.Keys();
            await scene.StopAsync();
            File.Delete(scene.SnapshotPath);
            await scene.StartFromDatabaseAsync("is missing");
            SortedDictionary<string, string?> fromDatabase = scene.Keys();
            Assert.DoesNotContain(null, fromDatabase.Values);
            Assert.Equal(fromDatabase, fromSnapshot);
        }
    }

    [Fact]
    public async Task AStartFromASnapshotTakesChangesAndLeavesTheNextSnapshot()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        await scene.StartFromSnapshotAsync();
        (string deleted, string disabled, string renewed) = (scene.Plain[0].Key, scene.Plain[1].Key, scene.Plain[2].Key);
        (await scene.Cp.PostAsync("keys.deleteKey", Body(scene.Plain[0].Id))).Ok();
        (await scene.Cp.PostAsync("keys.updateKey", Body(scene.Plain[1].Id, ""","enabled":false"""))).Ok();
        string replacement = (await scene.Cp.PostAsync("keys.rerollKey", Body(scene.Plain[2].Id, ""","expiration":0"""))).Ok().GetProperty("key").GetString()!;
        for (int start = 0; start < 2; start++)
        {
            Assert.Equal("NOT_FOUND", await scene.CodeAsync(deleted));
            Assert.Equal("DISABLED", await scene.CodeAsync(disabled));
            Assert.NotEqual("VALID", await scene.CodeAsync(renewed));
            Assert.Equal("VALID", await scene.CodeAsync(replacement));
            Assert.Equal("VALID", await scene.CodeAsync(scene.Plain[3].Key));
            Assert.Equal("VALID", await scene.CodeAsync(scene.Limited.Key));
            await scene.StopAsync();
            await scene.StartFromSnapshotAsync();
        }
    }

    [Fact]
    public async Task WhatTheStartItselfChangesIsYoungerThanTheSnapshot()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        string before = scene.Cp.RootKey;
        const string After = "unkey_another_root_key_of_a_test_0123456789";
        await scene.StopAsync();
        await scene.Cp.OpenAsync(After);
        Assert.True(scene.UsedSnapshot);
        string call = $$"""{"keyId":"{{scene.Plain[0].Id}}"}""";
        Assert.Equal(200, (await scene.Cp.PostAsync("keys.getKey", call, After)).Status);
        Assert.Equal(401, (await scene.Cp.PostAsync("keys.getKey", call, before)).Status);
    }

    [Fact]
    public async Task OnlyItsOwnerCanReadTheFile()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scene.SnapshotPath));
        }
    }

    [Fact]
    public async Task FewKeysLeaveNoneAndNobodyIsTold()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.Cp.CloseAsync();
        File.Delete(scene.SnapshotPath);
        scene.Cp.SnapshotKeys = 1_000;
        await scene.Cp.OpenAsync();
        await scene.Cp.CloseAsync();
        Assert.False(File.Exists(scene.SnapshotPath));
        Assert.All((int[])[3300, 3301, 3302, 3303], id => Assert.Empty(scene.Cp.Log.Of(id)));
    }

    [Fact]
    public async Task SwitchedOffNeitherReadsNorKeepsTheOneThatIsThere()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        await scene.StopAsync();
        byte[] snapshot = await File.ReadAllBytesAsync(scene.SnapshotPath);
        scene.Cp.SnapshotKeys = 0;
        await scene.Cp.OpenAsync();
        Assert.False(File.Exists(scene.SnapshotPath));
        Assert.False(scene.UsedSnapshot);
        (await scene.Cp.PostAsync("keys.deleteKey", Body(scene.Plain[0].Id))).Ok();
        await scene.Cp.CloseAsync();
        Assert.False(File.Exists(scene.SnapshotPath));

        await File.WriteAllBytesAsync(scene.SnapshotPath, snapshot);
        scene.ForgeState();
        scene.Cp.SnapshotKeys = 1;
        await scene.StartFromDatabaseAsync("is of another state of the database");
        Assert.Equal("NOT_FOUND", await scene.CodeAsync(scene.Plain[0].Key));
    }

    [Fact]
    public async Task AStopThatHasNoTimeLeavesNone()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync();
        scene.Cp.SnapshotTime = TimeSpan.FromTicks(1);
        await scene.StopWithoutAsync("it took too long");
        await scene.StartFromDatabaseAsync("is missing");
        scene.Cp.SnapshotTime = TimeSpan.FromSeconds(-1);
        await scene.StopWithoutAsync("no time left");
    }

    [Fact]
    public async Task TooManyKeysOfTheOtherKindLeaveNone()
    {
        await using SnapshotScene scene = await SnapshotScene.StartAsync(plain: 1);
        await scene.Cp.WriteAsync(session =>
        {
            for (int i = 0; i < 1_100; i++)
            {
                session.Execute(
                    """
                    INSERT INTO keys (id, workspace_id, keyspace_id, hash, start, enabled, created_at, remaining)
                    SELECT @id, workspace_id, keyspace_id, @hash, start, enabled, created_at, 5 FROM keys WHERE id = @model
                    """,
                    ("@id", $"key_{i}"),
                    ("@model", scene.Plain[0].Id),
                    ("@hash", System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(i))));
                session.Changes.Keys.Add($"key_{i}");
            }

            return true;
        });
        await scene.StopWithoutAsync("too many keys have more");
    }

    private static async Task ChangeSomethingAsync(SnapshotScene scene, Random random)
    {
        (string Id, string Key) key = scene.Plain[random.Next(scene.Plain.Count)];
        switch (random.Next(8))
        {
            case 0:
                (await scene.Cp.PostAsync("keys.deleteKey", Body(key.Id, random.Next(2) == 0 ? ""","permanent":true""" : ""))).Ok();
                scene.Plain.Remove(key);
                scene.Plain.Add(await scene.Cp.CreateKeyAsync(scene.Api));
                break;
            case 1:
                (await scene.Cp.PostAsync("keys.updateKey", Body(key.Id, $$""","enabled":{{(random.Next(2) == 0 ? "true" : "false")}}"""))).Ok();
                break;
            case 2:
                (await scene.Cp.PostAsync("keys.updateKey", Body(key.Id, $$""","name":{{Name(random)}}"""))).Ok();
                break;
            case 3:
                (await scene.Cp.PostAsync("keys.updateKey", Body(key.Id, $$""","expires":{{(random.Next(2) == 0 ? "null" : "4102444800000")}}"""))).Ok();
                break;
            case 4:
                (await scene.Cp.PostAsync("keys.updateKey", Body(key.Id, $$""","credits":{{(random.Next(2) == 0 ? "null" : """{"remaining":9}""")}}"""))).Ok();
                break;
            case 5:
                (await scene.Cp.PostAsync("keys.updateKey", Body(key.Id, $$""","meta":{{(random.Next(2) == 0 ? "null" : """{"a":[1,"b"]}""")}}"""))).Ok();
                break;
            case 6:
                (await scene.Cp.PostAsync("keys.setPermissions", Body(key.Id, $$""","permissions":{{(random.Next(2) == 0 ? "[]" : """["doc.read"]""")}}"""))).Ok();
                break;
            default:
                scene.Plain.Add(await scene.Cp.CreateKeyAsync(scene.Api, random.Next(3) switch
                {
                    0 => ""","externalId":"user_1" """,
                    1 => ""","ratelimits":[{"name":"requests","limit":3,"duration":60000,"autoApply":true}]""",
                    _ => $$""","name":{{Name(random)}}""",
                }));
                break;
        }
    }

    private static string Name(Random random) => JsonSerializer.Serialize(s_names[1 + random.Next(s_names.Length - 1)]);

    private static string Body(string keyId, string members = "") => $$"""{"keyId":"{{keyId}}"{{members}}}""";
}
