using System.Collections.Immutable;
using System.Globalization;
using PatchForge.Httpd;

namespace PatchForge.Attacks;

/// <summary>
/// Two hosts with TLS, each with a private key that is planted for the search to find: RSA, 2048 bits, made for this
/// alone and used nowhere. Certificate and key are one PEM file.
/// </summary>
internal static class PlantedKeys
{
    /// <summary>
    /// For <see cref="AttackCast.Masked(byte[])"/>: 40 bytes from the middle of each key's first prime, the attacker's own
    /// and the victim's, as they stand in DER. In memory OpenSSL has a number's words and their bytes the other way
    /// round, so the search is for both orders.
    /// </summary>
    public static string Marks { get; } = string.Join(',', new[] { AttackersPrime, VictimsPrime }.Select(prime => AttackCast.Masked(Convert.FromHexString(prime))));

    public static ImmutableArray<ModuleFile> Modules { get; } = [new("ssl_module", "mod_ssl.so")];

    public static ImmutableArray<AttackFile> Files(AttackCast cast) =>
    [
        new($"keys/{cast.Attacker.Account}.pem", Attackers),
        new($"keys/{cast.Victim.Account}.pem", Victims),
    ];

    /// <summary>A host of the same user as the plain one, on a port of its own: 2.0 knows no names in the handshake.</summary>
    public static ImmutableArray<string> Host(Role role, int port)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        return
        [
            $"Listen {address}",
            $"<VirtualHost {address}>",
            $"    ServerName {role.Host}",
            $"    DocumentRoot {role.Folder}",
            $"    AssignUserID {role.Account} {role.Account}",
            "    SSLEngine on",
            $"    SSLCertificateFile {AttackFiles.Place}/keys/{role.Account}.pem",
            "</VirtualHost>",
        ];
    }

    private const string AttackersPrime = "08bd4f8e0685313c4525744f67781fa1e182ad27a92520c7355e2bfbfecb2b5012cf575f03afc83b";
    private const string VictimsPrime = "c31da93095d51978c6a9f8ef35f1030fdbf7eba2ccfc9aa115a32bcede8f14cd35a46b99a55a31f8";

    private const string Attackers =
        """
        -----BEGIN PRIVATE KEY-----
        MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQC7LaYcNLdnmJhh
        I5ufAeLWlkYepVr6EFA49O0hFR0NQ6Byu7Wf9zLX059RZhR5pUWycOfEO+xBRbX/
        wMBGYVLfoAtmfqZYR85btOBu9RnWVMM8GUUKCHzlifFVQjJyxx2rSaKWuQ7edWiR
        tS8PNYKztYjU/DUH8O4qoVv5ytNVCBfieQPOJbMRECeX22vcTq3QRnE9Lf9l21Xw
        XYAyw1wJ23rlpMyDUW2CXtPnMloBILCCIDAc4HUsAI6SjuIyiHOF0ye9GvmcS+UM
        iJsDThGqRXfR6UHR+EfAUIXCk6xdfS/UkRFWqvI6qLg0Ti3s7ZV4TTovZNOFopFo
        rL9CKJV/AgMBAAECggEAFLeMZMok6Toc1iuQbudQ3xAKOhwdLK5KOB5Lx1dEkZJE
        Rk6mX0qHUxdg0Svrj5HjsUiz2PwKPdM5vfvsjB2mLuAnmDQ5CcOw1bpNrkTsk39q
        4yenhOEZnyJHFs5ZMmuoH1bqwE9Ck7a1Azjlji5jBVb4tRzRFcxB4Bq0nmTSQofj
        +V0eg4v0a+b0Dgt/tFpe2I+fD1zs3fF6AvKrorIumaU6XKHijAly5zlWxW1KW4qj
        7L1Y58f/PI1xVEX2hKaQRrj6I/5AgDuBjo3f4vFNdo0Q0XBBTP09Yeg2cfZKz/9f
        dZDXJuK0Q60alfVo6DiUHv2ORNZ3w0RfmxGmllT2uQKBgQDiIVt11EroUANjnMqk
        g+EXUHOTLT4DRQ20tPLSaR/O5Qi9T44GhTE8RSV0T2d4H6Hhgq0nqSUgxzVeK/v+
        yytQEs9XXwOvyDtRzbL4ORP5GG3Iu7FQIpUkFmp9jGkl+hU9TNMvnEvMt5uUXBfC
        o8rTbqt8lMY9ZsNj0jWEeriKlQKBgQDT5x9Gx3/PH6fjrGcN3XRha/wOLaF2dOGh
        Z8RfLacI67PV+nO9QTGC5N3fNQS1+JysUMDvowz463ImeFDK9a8OEE365WN3qwHv
        rKNFDDqfcHLsLw/WZTf5qRDaXEeOG20kjbsahfem4XsmNPwk5uZNNg2M0NyP9yy4
        XaLB5B9uwwKBgBwwoGA+COCRKPsADtsXfbYUV3Qfjb2GnEDM1gCZDlgSgVZoVoJF
        lG+5BwRK6dE10E52pfNtyK0faG3G+fE3jry6u5Jey+zb/1khVZBQPUcuXnFJxL8C
        sKkBCmGAYZNUa9VqgGFNEL4CnaiPGn8vQBe/ki1Dtrrs1qrZB8buLZdJAoGATOHU
        ZTfI1XtkzKQml887hIVLZFGF/ZaWrpsZknbb3c625vIBwC7BKf6jyXJRDTzwi0yZ
        U9jSwhWayv5oQds18mJUCK3lkuuGvlDixBCVzHdeGvdQRbdfwcNni/JjO9oTlWme
        8xacLf4tUkVzHmhwMp9j9y1oeQtzPEks3jBIf0UCgYA3pum+3hSTW8p5B2e0qMnq
        7LhnUBGkpDizGGeiJYbEcdwl2mwfZ2uOEXlRAmVFt/26ZxNVIZQeM8Oy3uWnNoYy
        rYn7u4sGapxEFfvt9eOo9o87L5s2nT8tOy4DrZvOQrALpMtSmAd2c9MdV5o8/Vsw
        1Mg/FF0DulGI5N/K/ISm0A==
        -----END PRIVATE KEY-----
        -----BEGIN CERTIFICATE-----
        MIIDEzCCAfugAwIBAgIUG5gOaA+Tbh99mDNl6WiNRmk4BogwDQYJKoZIhvcNAQEL
        BQAwGDEWMBQGA1UEAwwNYXR0YWNrZXIudGVzdDAgFw0yNjExMjMxNDQ3MTRaGA8y
        MTI2MTAzMDE0NDcxNFowGDEWMBQGA1UEAwwNYXR0YWNrZXIudGVzdDCCASIwDQYJ
        KoZIhvcNAQEBBQADggEPADCCAQoCggEBALstphw0t2eYmGEjm58B4taWRh6lWvoQ
        UDj07SEVHQ1DoHK7tZ/3MtfTn1FmFHmlRbJw58Q77EFFtf/AwEZhUt+gC2Z+plhH
        zlu04G71GdZUwzwZRQoIfOWJ8VVCMnLHHatJopa5Dt51aJG1Lw81grO1iNT8NQfw
        7iqhW/nK01UIF+J5A84lsxEQJ5fba9xOrdBGcT0t/2XbVfBdgDLDXAnbeuWkzINR
        bYJe0+cyWgEgsIIgMBzgdSwAjpKO4jKIc4XTJ70a+ZxL5QyImwNOEapFd9HpQdH4
        R8BQhcKTrF19L9SREVaq8jqouDROLeztlXhNOi9k04WikWisv0IolX8CAwEAAaNT
        MFEwHQYDVR0OBBYEFAJlqOkke9asX+jo+xrvyYtxn+K8MB8GA1UdIwQYMBaAFAJl
        qOkke9asX+jo+xrvyYtxn+K8MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQEL
        BQADggEBADe7WDseW/8hCd9ITmRtAK/zzG1OCUMiafCJSfZigVI3pddO2PLmW+XM
        gF3f+65i/mkVzdiRZ7m6MKISwjMn5yuxptzfAoIzIzULNPLbMVF3+X11EKXXolmo
        oQWCud7c3H6Y7hvLz8FwRQQiFyiG1/rQuRsl+4dTVIgrv/8gEsQxHX4r+4jG57Bo
        AUjiguSrF6c5f+IoQTNhDmRd41GRRnqPrYdJdMLWXIuT50vKqNpp4gpkfd+oPH75
        zZe/5XI/IAi0T492rq0HNV6D2IUcQeFABbnPizid0kBcfb2YnQJPYnbc//L6gCQc
        n89lZFQNNv/PZJ97eKyefZEC2JbAohY=
        -----END CERTIFICATE-----

        """;

    private const string Victims =
        """
        -----BEGIN PRIVATE KEY-----
        MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDTa8DHczVTCDRg
        Y6ojqfugAox/jhid5USqd0pKxGzxT8mq55GtWEj0tu2YfFX1Cc4B8Lmfcd7C7/JO
        43xu3CUZdcaYU3epEWYEsxCPhozwo+mdEip7qLAJZPWhHO5aQs0wrhqrnN/7I1u3
        vZ++ieo+uhJIDNvk3ojmjP7qTXIRhAwq3c2v+9qUjVn4BVPwCoS+z5y3UA9NhaZT
        bFC/423MaRdp1YeZ2MTEvuJqSx7qibB10r4bla6H9cR1P30wN/5jm5kSNxT+nOXG
        XGjMj9XAUq8+hpBFkAtBn/DhaZbWvusrDWctf1Vh4H5HMi0SfkD+CaZPSI3I0Vfm
        N+pUK+eJAgMBAAECggEAVoM9v//PPrpZQGYYDX71tbzFRD7fqODTz9N/hYfKMpad
        Jb+bd2zscaLXJ7IdNGd+MoIQWwPsDSXFp+1jkjOoRLpSeSuSiA7UCbFCYhDDZIcW
        Rc1UsARPgJCdCH//stSqBTUBOd84Mhp+YfoIv53Myj021N/aLVW4fGsOts7ZEfwR
        3hlaHLXL3wIPAOpQtzzivELZjVVghQDWHiyU4zCgC4nsDFG7lsrj9HRWqBkW2b2q
        vsgN77jZInSg99SQZVBQkWUNuy7JplEC4KS0TUkO0eWhj1mULHAYKKyOe4bg5kjk
        +CH0xRiANFUO0GknGNBtaZlslRGlONZwv1FLCJ/AhwKBgQDpxBuY5tlxdp/ptT+c
        ZHgSPWgjBPPOdOkb/mgeeI/lm8MdqTCV1Rl4xqn47zXxAw/b9+uizPyaoRWjK87e
        jxTNNaRrmaVaMfgnVzRH/y82mKr3mtwpWF/dNbLcaQGPzWbj3O0N2Uud+7KDjgvw
        EGzVv6FSo3YUca7+dn2H4MW04wKBgQDnh5InhCHKEqFmUt0lefuKHbqQyqG7BF3y
        MBERj9ZvIo3Rj8BzvLboh4WzqTiTjnRXWo0REPiTzRWfLhN0CBRfgRr1qatApdBJ
        QDCLIDH0fenPPLrPuO+CcLS7sRKhLw/lgKUATC+A9bmkDPME5tjtox6T0z63187Z
        gglzZodJowKBgEqXePbhMqEx6PT6EMImjOnFDmWePu2yAHAeTbrrXX82pJviUM5+
        oRIY0kPMkLnG8FiQU3AvWKs+m1jlsazymwCgDUcIT+rn5vcmrFgM5VPWgzdfAsFu
        oahEaj5Kg2UPdbVf2YSBwc83cU7pFIYVt6S88Q0de6AqZlxsEsI4xt1hAoGACCkp
        J6dqoXrCoZ6uGNIR4a5mkw/xX2wp+41iLKJLRqOLKCXO/MVcFRohxlFioyDUTPfu
        HPniKSODbZbsLJzUSwF798jBNoghrVNL4ruBx0Jg6WMUmpnEJ27dj/gP1gqYnthH
        +Ji22+7NWlDyh+uzHb0wKLm7bjN3IQeKWbz1a80CgYAPF38DGU4ueHc3LqEr7auK
        1OW4tAVZRc56NcVfKfhaa4hEcOb8z+PiZWstDcSrPpSgJ/zWASv7DIb12wAH/QV1
        5YgtHSldph8IH59PmITR5ILUl8T4Vn2AfRCtyhagQhO+ioeVdsv9yfRtnd6DeC0D
        wRh1HsQKaCJUF5pA9ag3Lg==
        -----END PRIVATE KEY-----
        -----BEGIN CERTIFICATE-----
        MIIDDzCCAfegAwIBAgIUDTDwXm3uNMaCnWrTP/02AdERfgQwDQYJKoZIhvcNAQEL
        BQAwFjEUMBIGA1UEAwwLdmljdGltLnRlc3QwIBcNMjYxMTIzMTQ0NzE0WhgPMjEy
        NjEwMzAxNDQ3MTRaMBYxFDASBgNVBAMMC3ZpY3RpbS50ZXN0MIIBIjANBgkqhkiG
        9w0BAQEFAAOCAQ8AMIIBCgKCAQEA02vAx3M1Uwg0YGOqI6n7oAKMf44YneVEqndK
        SsRs8U/JqueRrVhI9LbtmHxV9QnOAfC5n3Hewu/yTuN8btwlGXXGmFN3qRFmBLMQ
        j4aM8KPpnRIqe6iwCWT1oRzuWkLNMK4aq5zf+yNbt72fvonqProSSAzb5N6I5oz+
        6k1yEYQMKt3Nr/valI1Z+AVT8AqEvs+ct1APTYWmU2xQv+NtzGkXadWHmdjExL7i
        akse6omwddK+G5Wuh/XEdT99MDf+Y5uZEjcU/pzlxlxozI/VwFKvPoaQRZALQZ/w
        4WmW1r7rKw1nLX9VYeB+RzItEn5A/gmmT0iNyNFX5jfqVCvniQIDAQABo1MwUTAd
        BgNVHQ4EFgQUCROD0Y8+Bc7uq8wt/xrKVSyitTAwHwYDVR0jBBgwFoAUCROD0Y8+
        Bc7uq8wt/xrKVSyitTAwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOC
        AQEACk9t1fxN8mnenloS+B/AhDUOPiYf73gprDbXBKyBtM4Vihe2vualmMYH7LQG
        PNbNR0LiH9FFf5g8Ltn5MdTCLf8Me06u35sAfRTrAJdBWYmlqZF1wtPBuEvJhBZU
        w7xALHbnGjq6kU6zmwOdEwmg2mYQi90ocr3VEPoO0UdeVyB40wKLp7/AycFnXfb4
        fFT3pVeJClVPs8DjzrXkN0iPKT7ioIRglEZIhpbao3B23UjVmO77Ud/bGvuF8gYT
        dw4BdC9rlo3Hjws+K4eYA0yI7huKdKd/I8M+kB5VkYrFnGX7RfE20EhgluPObFA7
        E/jAIZsxaO2VSXLbFyFPk1WK3A==
        -----END CERTIFICATE-----

        """;
}
