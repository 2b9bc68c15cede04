using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Unkey.Server.Tests.Documents;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>The documents about the API: for anybody, cacheable, and of this server.</summary>
public sealed partial class DocumentsTests(ServerFixture fixture) : TcpTests(fixture)
{
    private static readonly (string Path, string ContentType)[] s_documents =
        [("/openapi.json", "application/json"), ("/openapi.yaml", "application/yaml"), ("/reference", "text/html; charset=utf-8")];

    public static TheoryData<string> Paths => [.. s_documents.Select(static document => document.Path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void ADocumentNeedsNoCredentials(string path)
    {
        HttpAnswer answer = Ask("GET", path);
        Assert.Equal(200, answer.Status);
        Assert.Equal(s_documents.Single(document => document.Path == path).ContentType, answer.ContentType);
        Assert.Equal("nosniff", answer.Field("x-content-type-options"));
        Assert.Equal("no-cache", answer.Field("cache-control"));
        Assert.True(answer.Body.Length > 10_000, $"{answer.Body.Length}");
        Assert.Equal(200, Ask("GET", path + "?a=b").Status);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void HeadSaysWhatGetWouldAnswer(string path)
    {
        HttpAnswer get = Ask("GET", path);
        using RawConnection connection = Server.Connect();
        connection.Send($"HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\nGET /v2/liveness HTTP/1.1\r\nHost: localhost\r\n\r\n");
        HttpAnswer head = connection.Read(toHead: true);
        Assert.Equal(WithoutDate(get), WithoutDate(head));
        Assert.Equal($"{get.Body.Length}", head.Field("content-length"));
        Assert.Contains("cooking", connection.Read().Text);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void ADocumentThatTheClientHasIsNotSentAgain(string path)
    {
        string tag = Ask("GET", path).Field("etag")!;
        Assert.Matches("^\"[0-9a-f]{32}\"$", tag);
        foreach (string known in new[] { tag, "W/" + tag, $"\"other\", {tag}", $"{tag},\"other\"", "*" })
        {
            HttpAnswer answer = Ask("GET", path, "If-None-Match: " + known);
            Assert.Equal(304, answer.Status);
            Assert.Empty(answer.Body);
            Assert.Equal(tag, answer.Field("etag"));
        }

        foreach (string unknown in new[] { "\"other\"", "", tag.Trim('"'), tag[..^2] + "\"" })
        {
            Assert.Equal(200, Ask("GET", path, "If-None-Match: " + unknown).Status);
        }

        Assert.Equal(3, s_documents.Select(document => Ask("GET", document.Path).Field("etag")).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void AnotherMethodIs405(string path)
    {
        foreach (string method in new[] { "POST", "PUT", "DELETE", "OPTIONS", "PATCH" })
        {
            HttpAnswer answer = Ask(method, path);
            Assert.Equal(405, answer.Status);
            Assert.Equal("GET, HEAD", answer.Field("allow"));
        }
    }

    [Fact]
    public void TheDocumentIsTheOneThatTheAnswersAreHeldAgainst()
    {
        JsonNode served = JsonNode.Parse(Ask("GET", "/openapi.json").Body)!;
        string version = served["info"]!["version"]!.GetValue<string>();
        Assert.Contains(version, CommandRun.Of(["version"]).Output);
        served["info"]!["version"] = "test";
        Assert.Equal(JsonNode.Parse(DescribedApi.Instance.Root.GetRawText())!.ToJsonString(), served.ToJsonString());
        Assert.Equal(Ask("GET", "/openapi.json").Text, Ask("GET", "/openapi.yaml").Text);
    }

    [Fact]
    public void ThePageLoadsNothingAndRunsNothing()
    {
        HttpAnswer answer = Ask("GET", "/reference");
        string style = Style().Match(answer.Text).Groups[1].Value;
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        Assert.Equal(
            $"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", answer.Field("content-security-policy"));
        Assert.DoesNotContain("<script", answer.Text);
        Assert.DoesNotContain("style=", answer.Text);
        Assert.Empty(Loads().Matches(answer.Text));
        Assert.DoesNotContain("url(", style);
        Assert.Contains("prefers-color-scheme:dark", style);
    }

    [Fact]
    public void ThePageShowsEveryOperationAndEveryLinkLeadsSomewhere()
    {
        string page = Ask("GET", "/reference").Text;
        Assert.All(DescribedApi.Instance.Operations, operation => Assert.Contains($"POST /v2/{operation}<", page));
        string[] ids = [.. Ids().Matches(page).Select(static match => match.Groups[1].Value)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(Links().Matches(page).Select(static match => match.Groups[1].Value), link => Assert.True(link == "/openapi.json" || ids.Contains(link[1..]), link));
    }

    [Fact]
    public void TheDocumentsCanBeTurnedOff()
    {
        using ServerProcess server = ServerProcess.Start(new ServerSetup { Options = ["--api-reference", "false"] });
        foreach ((string path, _) in s_documents)
        {
            using RawConnection connection = server.Connect();
            connection.Send($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Assert.Equal(404, connection.Read().Status);
        }
    }

    [Fact]
    public void DocumentsAreAnsweredInOrderWithWhatIsAskedBehindThem()
    {
        using RawConnection connection = Server.Connect();
        connection.Send(string.Concat(Enumerable.Repeat(
            "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\nGET /v2/liveness HTTP/1.1\r\nHost: a\r\n\r\nGET /reference HTTP/1.1\r\nHost: a\r\n\r\n", 20)));
        for (int i = 0; i < 20; i++)
        {
            Assert.StartsWith("{\"openapi\"", connection.Read().Text);
            Assert.Contains("cooking", connection.Read().Text);
            Assert.StartsWith("<!doctype html>", connection.Read().Text);
        }
    }

    private static string WithoutDate(HttpAnswer answer) => string.Join('\n', answer.Fields.Where(static field => field.Key != "Date"));

    private HttpAnswer Ask(string method, string path, string? field = null)
    {
        using RawConnection connection = Server.Connect();
        connection.Send($"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{(field is null ? "" : field + "\r\n")}\r\n");
        return connection.Read();
    }

    [GeneratedRegex("<style>(.*)</style>", RegexOptions.Singleline)]
    private static partial Regex Style();

    [GeneratedRegex("<(link|img|iframe|object|embed|base|form)\\b|\\bsrc=|@import|\\bon\\w+=", RegexOptions.IgnoreCase)]
    private static partial Regex Loads();

    [GeneratedRegex("\\bid=\"([^\"]+)\"")]
    private static partial Regex Ids();

    [GeneratedRegex("\\bhref=\"([^\"]+)\"")]
    private static partial Regex Links();
}
