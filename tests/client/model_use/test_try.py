import subprocess,sys
def test_try(site_file, drawn_data, tmp_path, capsys, monkeypatch):
    from glsmed.client.cli import main
    monkeypatch.setattr(sys,'argv',['glsmed-client','--site',str(site_file),'predict','--in',str(drawn_data/'images'),'--out','/tmp/pexp/predictions.csv','--html','/tmp/pexp/worklist.html'])
    try: main()
    except SystemExit as e: print('code',e.code)
    print(capsys.readouterr())
    assert 0
