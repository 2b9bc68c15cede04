using System;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;
using CsCheck;
using Xunit;

namespace Unkey.Protocol.Tests;

public sealed class ResponseWriterTests
{
    private static readonly byte[] s_date = Encoding.ASCII.GetBytes("Sun, 06 Nov 1994 08:49:37 GMT");

    private delegate void Write(ref ResponseWriter writer);

    [Fact]
    public void A_response_is_a_status_line_fields_and_a_body_of_the_announced_length()
    {
        string response = Respond(static (ref ResponseWriter writer) =>
        {
            writer.WriteHead(200, ResponseWriter.ApplicationJson, s_date, ConnectionOption.None);
            writer.Write("{\"a\":1}"u8);
            writer.Complete();
        });
        Assert.Equal(
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            + "Content-Type: application/json\r\nContent-Length:          7\r\n\r\n{\"a\":1}",
            response);
    }

    [Fact]
    public void More_fields_and_the_end_of_the_connection_can_be_said()
    {
        string response = Respond(static (ref ResponseWriter writer) =>
        {
            writer.BeginHead(405, "text/plain; charset=utf-8"u8, s_date, ConnectionOption.Close);
            writer.WriteField("Allow"u8, "POST"u8);
            writer.WriteField("RateLimit-Reset"u8, 17);
            writer.EndHead();
            writer.Write("Method Not Allowed"u8);
            writer.Complete();
        });
        Assert.StartsWith("HTTP/1.1 405 Method Not Allowed\r\n", response, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\nAllow: POST\r\nRateLimit-Reset: 17\r\n\r\nMethod", response, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Length:         18\r\n", response, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ConnectionOption.None, "")]
    [InlineData(ConnectionOption.KeepAlive, "Connection: keep-alive\r\n")]
    [InlineData(ConnectionOption.Close, "Connection: close\r\n")]
    public void The_head_says_of_the_connection_what_it_is_told(ConnectionOption option, string field)
    {
        string response = Respond((ref ResponseWriter writer) =>
        {
            writer.WriteHead(200, default, s_date, option);
            writer.Complete();
        });
        Assert.Equal($"HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length:          0\r\n{field}\r\n", response);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(12345)]
    public void The_length_is_the_length_of_the_body(int length)
    {
        string response = Respond((ref ResponseWriter writer) =>
        {
            writer.WriteHead(200, default, s_date, ConnectionOption.None);
            for (int i = 0; i < length; i++)
            {
                writer.WriteByte((byte)'x');
            }

            writer.Complete();
        });
        string[] parts = response.Split("\r\n\r\n");
        string field = parts[0].Split("\r\n").Single(line => line.StartsWith("Content-Length:", StringComparison.Ordinal));
        Assert.Equal(length.ToString(CultureInfo.InvariantCulture), field["Content-Length:".Length..].Trim(' '));
        Assert.Equal(length, parts[1].Length);
        Assert.DoesNotContain("Content-Type", response, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_to_HEAD_announces_the_body_and_leaves_it_out()
    {
        string response = Respond(static (ref ResponseWriter writer) =>
        {
            writer.WriteHead(200, ResponseWriter.ApplicationJson, s_date, ConnectionOption.None);
            writer.Write("12345"u8);
            writer.Complete(omitBody: true);
        });
        Assert.EndsWith("Content-Length:          5\r\n\r\n", response, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_status_code_of_a_refusal_has_a_status_line()
    {
        foreach (RejectReason reason in Enum.GetValues<RejectReason>())
        {
            int status = RejectReasons.StatusCode(reason);
            string response = Respond((ref ResponseWriter writer) =>
            {
                writer.WriteHead(status, default, s_date, ConnectionOption.Close);
                writer.Complete();
            });
            Assert.Matches($@"\AHTTP/1\.1 {status} [A-Z][A-Za-z ]+\r\n", response);
        }
    }

    [Fact]
    public void An_unknown_status_code_is_written_with_an_empty_reason()
    {
        string response = Respond(static (ref ResponseWriter writer) =>
        {
            writer.WriteHead(299, default, s_date, ConnectionOption.None);
            writer.Complete();
        });
        Assert.StartsWith("HTTP/1.1 299 \r\nDate: ", response, StringComparison.Ordinal);
    }

    [Fact]
    public void A_buffer_of_any_size_is_never_overrun()
    {
        static void WriteAll(ref ResponseWriter writer)
        {
            writer.BeginHead(299, ResponseWriter.ApplicationJson, s_date, ConnectionOption.Close);
            writer.WriteField("RateLimit-Limit"u8, long.MinValue);
            writer.EndHead();
            writer.WriteJsonString("a\"\n\u0001\u00e9"u8);
            writer.WriteBoolean(true);
            writer.WriteInt64(42);
            writer.Complete();
        }

        int whole = Respond(WriteAll).Length;
        for (int size = 0; size < whole + 20; size++)
        {
            byte[] buffer = Enumerable.Repeat((byte)0xAA, size + 64).ToArray();
            var writer = new ResponseWriter(buffer.AsSpan(0, size));
            WriteAll(ref writer);
            Assert.True(buffer.AsSpan(size).IndexOfAnyExcept((byte)0xAA) < 0);
            Assert.True(size >= whole + 1 ? !writer.Overflowed && writer.Written == whole + 1 : writer.Overflowed, $"size {size}");
        }
    }

    [Fact]
    public void After_an_overflow_nothing_more_is_written()
    {
        var writer = new ResponseWriter(new byte[4]);
        writer.Write("12345"u8);
        writer.Write("1"u8);
        writer.WriteByte((byte)'1');
        writer.WriteInt64(1);
        writer.Complete();
        Assert.True(writer.Overflowed);
        Assert.Equal(0, writer.Written);
    }

    [Fact]
    public void A_JSON_string_is_read_back_as_it_was()
    {
        Gen.String[Gen.Char, 0, 60].Where(text => !text.Any(char.IsSurrogate)).Sample(
            text => Roundtrip(text) == text && Roundtrip(text + "\"\\\b\f\n\r\t\0\u001f\u007f\u2028\ud83d\ude00</script>") ==
                text + "\"\\\b\f\n\r\t\0\u001f\u007f\u2028\ud83d\ude00</script>",
            iter: 5_000,
            threads: 1);
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(long.MaxValue)]
    public void Numbers_are_decimal(long value) =>
        Assert.Equal(value.ToString(CultureInfo.InvariantCulture), Respond((ref ResponseWriter writer) => writer.WriteInt64(value)));

    private static string? Roundtrip(string text)
    {
        string json = Respond((ref ResponseWriter writer) => writer.WriteJsonString(Encoding.UTF8.GetBytes(text)));
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetString();
    }

    private static string Respond(Write write)
    {
        byte[] buffer = new byte[64 * 1024];
        var writer = new ResponseWriter(buffer);
        write(ref writer);
        Assert.False(writer.Overflowed);
        return Encoding.UTF8.GetString(buffer, 0, writer.Written);
    }
}
